"""`seqspec upgrade`: documents of an older version of the language in the newest one."""

from __future__ import annotations

import sys
from typing import Any

import click

from seqspec.cli.options import file_names
from seqspec.cli.rewrite import Original, difference, for_each, named, print_problems, put, read_original
from seqspec.language.version import LATEST


@click.command("upgrade")
@click.argument("paths", nargs=-1, required=True, shell_complete=file_names, metavar="PATH...")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit with code 1 if a file would change.")
@click.option("--diff", "show_diff", is_flag=True, help="Like --check, and print the changes.")
def command(paths: tuple[str, ...], only_check: bool, show_diff: bool) -> None:
    """Migrate specs to the current language version; comments are preserved.

    A PATH is a file, a folder, or a pattern such as 'models/**/*.toml'. Migrated specs are also formatted, as by fmt.
    Others are left unchanged.
    """
    if "-" in paths:
        raise click.UsageError("upgrade does not accept standard input")

    def upgrade_one(file: str) -> bool:
        original = read_original(file)
        return original is not None and _upgrade(original, file, only_check, show_diff)

    if not for_each(named(paths), upgrade_one):
        sys.exit(1)


def _upgrade(original: Original, file: str, only_check: bool, show_diff: bool) -> bool:
    from seqspec.document.canonical import Unformattable, upgrade_document

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
    if not put(file, text, original.data):
        return False
    click.echo(f"upgraded {original.name} from version {version} to {LATEST}")
    return True


def _migrated(original: Original) -> dict[str, Any] | None:
    """The tree in the newest version; None without a way there, which is reported."""
    from seqspec.language.context import ExpansionAborted, ExpansionContext
    from seqspec.language.version import current
    from seqspec.syntax.limits import LIMITS

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
