"""`seqspec upgrade`: migrates documents of older language versions and saved models of older Keras versions."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from seqspec.cli.importing import ImportOptions, Upgrader, input_shape_option, layout_option
from seqspec.cli.options import file_names, file_option
from seqspec.cli.rewrite import (
    Original,
    difference,
    find_documents,
    for_each,
    print_problems,
    read_original,
    replace_file,
)
from seqspec.core.frontends.registry import entry_of, upgraders
from seqspec.core.language.version import LATEST


@click.command("upgrade")
@click.argument("paths", nargs=-1, required=True, shell_complete=file_names, metavar="PATH...")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit with code 1 if a file would change.")
@click.option("--diff", "show_diff", is_flag=True, help="Like --check, and print the changes.")
@file_option("-o", "--output", metavar="OUT.keras", help="Output file of the one saved model; next to it by default.")
@file_option(
    "--architecture", metavar="JSON", help="The output of model.to_json(), for a saved model that has only weights."
)
@click.option("--theano", is_flag=True, help="The saved models were trained with Theano; Keras 1 does not record this.")
@click.option(
    "--ignore-masked",
    is_flag=True,
    help="Accept other predictions for masked time steps, as Keras 3 makes them after a Bidirectional layer.",
)
@input_shape_option
@layout_option
def command(
    paths: tuple[str, ...],
    only_check: bool,
    show_diff: bool,
    output: str | None,
    **import_options: Any,
) -> None:
    """Migrate specs to the current language version, and saved models to the installed Keras.

    A PATH is a file, a folder, or a pattern such as 'models/**/*.toml'. Migrated specs are also formatted, as by fmt;
    comments are preserved. Others are left unchanged.

    A PATH that is a saved model (.h5, .keras, a SavedModel folder, model.json of TensorFlow.js) is written as a .keras
    file with equal predictions next to it, which requires Keras. An existing file is never replaced. With --layout
    channels_last, the new model expects the channels of its input on the last axis.
    """
    if "-" in paths:
        raise click.UsageError("upgrade does not accept standard input")
    if output is not None and (len(paths) > 1 or not output.endswith(".keras")):
        raise click.UsageError("--output takes a name that ends in .keras, for one saved model")
    options = ImportOptions(**import_options)
    saved = {path: upgrader for path in paths if (upgrader := _upgrader(path)) is not None}
    entries = {path: entry_of(path) for path in paths if path not in saved and os.path.isfile(path)}
    other = next((path for path, entry in entries.items() if entry is not None and entry.upgrader is None), None)
    if other is not None:
        instead = f"seqspec check {other} --select migration --fix"
        raise click.ClickException(f"{other}: upgrade is for specs and saved models; for a program: {instead}")
    if output is not None and not saved:
        reason = "--output is for saved models, and this is not one" if os.path.exists(paths[0]) else "file not found"
        raise click.ClickException(f"{paths[0]}: {reason}")
    upgraded = [
        upgrader.run(path, output, options, only_check=only_check or show_diff) for path, upgrader in saved.items()
    ]
    paths = tuple(path for path in paths if path not in saved)
    if not paths:
        sys.exit(0 if all(upgraded) else 1)

    def upgrade_one(file: str) -> bool:
        original = read_original(file)
        return original is not None and _upgrade(original, file, only_check, show_diff)

    if not for_each(find_documents(paths), upgrade_one) or not all(upgraded):
        sys.exit(1)


def _upgrader(path: str) -> Upgrader | None:
    """The upgrader of the front end that a path is of; None for specs and folders of them."""
    return next((upgrader for upgrader in upgraders() if upgrader.accepts(path)), None)


def _upgrade(original: Original, file: str, only_check: bool, show_diff: bool) -> bool:
    from seqspec.core.document.canonical import Unformattable, upgrade_document

    document = original.document
    tree = _migrated(original)
    if tree is None:
        return False
    if tree is document.tree:
        click.echo(f"{original.name}: already at language version {LATEST}")
        return True
    version = document.tree["seqspec"]
    try:
        text = original.in_its_lines(upgrade_document(document, tree))
    except Unformattable as error:
        click.echo(f"{original.name}: {error}; aborted", err=True)
        return False
    if show_diff:
        click.echo(difference(original.data.decode("utf-8"), text, original.name), nl=False)
        return False
    if only_check:
        click.echo(f"would upgrade {original.name} from version {version} to {LATEST}")
        return False
    if not replace_file(file, text, original.data):
        return False
    click.echo(f"upgraded {original.name} from version {version} to {LATEST}")
    return True


def _migrated(original: Original) -> dict[str, object] | None:
    """The tree in the latest version; None, after a report, if it cannot be migrated."""
    from seqspec.core.language.expansion_context import ExpansionAborted, ExpansionContext
    from seqspec.core.language.version import current
    from seqspec.core.syntax.limits import LIMITS

    document = original.document
    work = ExpansionContext(document, LIMITS)
    try:
        tree = current(document, work)
    except ExpansionAborted:
        tree = {}
    if work.violations:
        print_problems(document, work.violations)
        return None
    return tree
