"""`seqspec fmt`: formats documents and converts between TOML and JSON."""

from __future__ import annotations

import os
import sys

import click

from seqspec.cli.options import file_names, file_option
from seqspec.cli.rewrite import Original, difference, find_documents, for_each, read_original, replace_file
from seqspec.core.diagnostics.message import counted

_SUFFIXES = {"toml": ".toml", "json": ".json"}


@click.command("fmt")
@click.argument("paths", nargs=-1, required=True, shell_complete=file_names, metavar="PATH...")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit with code 1 if a file would change.")
@click.option("--diff", "show_diff", is_flag=True, help="Like --check, and print the changes.")
@click.option(
    "--to", type=click.Choice(["toml", "json"]), help="Convert to this format and write the result next to the file."
)
@file_option("-o", "--output", help="With --to: output file; - for standard output.")
@click.option("--force", is_flag=True, help="With --to: overwrite an existing file.")
@click.option(
    "--stdin-filename", metavar="NAME", help="File name for standard input (PATH -), which determines the format."
)
def command(
    paths: tuple[str, ...],
    only_check: bool,
    show_diff: bool,
    to: str | None,
    output: str | None,
    force: bool,
    stdin_filename: str | None,
) -> None:
    """Format specs, or convert them between TOML and JSON; meaning and comments are preserved.

    A PATH is a file, a folder, a pattern such as 'models/**/*.toml', or - for standard input. Folders are searched as
    in check.

    The exit code is 0 on success, 1 if a file cannot be formatted or, with --check or --diff, would change, and 2 for
    usage errors.
    """
    if to is None and (output is not None or force):
        raise click.UsageError("--output and --force require --to")
    if to is not None and (only_check or show_diff):
        raise click.UsageError("--to cannot be combined with --check or --diff")
    discovered = find_documents(paths)
    if output is not None and len(discovered.files) > 1:
        raise click.UsageError("--output requires exactly one file")
    counts = {"reformatted": 0, "unchanged": 0}

    def convert_one(file: str) -> bool:
        original = read_original(file, stdin_filename)
        return original is not None and _convert(original, file, to or "", output, force)

    def format_one(file: str) -> bool:
        original = read_original(file, stdin_filename)
        return original is not None and _format(original, file, only_check, show_diff, counts)

    well = for_each(discovered, convert_one if to is not None else format_one)
    if to is None and discovered.files != ["-"]:
        _sum_up(counts, only_check or show_diff)
    if not well:
        sys.exit(1)


def _text_of(original: Original, to: str | None = None) -> tuple[str, list[str]] | None:
    from seqspec.core.document.canonical import Unformattable, format_document

    try:
        formatted = format_document(original.document, to)
    except Unformattable as error:
        click.echo(f"{original.name}: {error}; aborted", err=True)
        return None
    return original.in_its_lines(formatted.text), formatted.lost


def _format(original: Original, file: str, only_check: bool, show_diff: bool, counts: dict[str, int]) -> bool:
    formatted = _text_of(original)
    if formatted is None:
        return False
    text, _ = formatted
    changed = text.encode("utf-8") != original.data
    counts["reformatted" if changed else "unchanged"] += 1
    if show_diff:
        if changed:
            click.echo(difference(original.data.decode("utf-8"), text, original.name), nl=False)
        return not changed
    if only_check:
        if changed:
            click.echo(f"would reformat {original.name}")
        return not changed
    if file == "-":
        click.echo(text.encode("utf-8"), nl=False)
        return True
    if not changed:
        return True
    if not replace_file(file, text, original.data):
        counts["reformatted"] -= 1
        return False
    click.echo(f"reformatted {original.name}")
    return True


def _convert(original: Original, file: str, to: str, output: str | None, force: bool) -> bool:
    target = output or ("-" if file == "-" else os.path.splitext(file)[0] + _SUFFIXES[to])
    if target != "-":
        if os.path.splitext(target)[1] not in ("", _SUFFIXES[to]):
            raise click.UsageError(f"--output {target}: a {to.upper()} file must end in {_SUFFIXES[to]}")
        if os.path.isdir(target):
            raise click.UsageError(f"--output {target}: this is a folder")
        if os.path.exists(target) and os.path.exists(file) and os.path.samefile(target, file):
            raise click.UsageError(f"{target} is already {to.upper()}")
        if os.path.exists(target) and not force:
            raise click.UsageError(f"{target} already exists; use --force to overwrite it")
    formatted = _text_of(original, to)
    if formatted is None:
        return False
    text, lost = formatted
    if target == "-":
        click.echo(text.encode("utf-8"), nl=False)
    elif not replace_file(target, text):
        return False
    else:
        from seqspec.core.output.text import visible

        click.echo(f"{original.name} → {visible(target)}")
    if lost:
        count = counted(len(lost), "comment")
        click.echo(f"{original.name}: JSON has no comments; dropped {count}", err=True)
    return True


def _sum_up(counts: dict[str, int], dry: bool) -> None:
    parts = [
        f"{counted(count, 'file')} {'would be ' if dry and outcome == 'reformatted' else ''}{outcome}"
        for outcome, count in counts.items()
        if count
    ]
    if parts:
        click.echo(", ".join(parts), err=dry)
