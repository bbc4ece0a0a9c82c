"""`seqspec new --data`: writes a spec for data, and prints what it decided and why."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqspec.cli.commands.new import write_or_exit
from seqspec.core.diagnostics.message import counted
from seqspec.core.output.text import visible
from seqspec.training.commands.training_console import exit_on_run_errors

if TYPE_CHECKING:
    from seqspec.training.scaffold.kinds import Kind


def command(
    template: str | None,
    output: str | None,
    format_: str,
    force: bool,
    *,
    data: str,
    label: str | None,
    time: str | None,
    horizon: int | None,
    group: str | None,
    known: Sequence[str],
    kinds: Mapping[str, Kind],
    ignore: Sequence[str],
    id_column: str | None,
    dictionary: str | None,
) -> int:
    """Writes the spec, and the data dictionary if there is a file for it; returns the exit status."""
    import numpy  # noqa: F401
    import pyarrow  # noqa: F401

    from seqspec.training.scaffold.draft import draft
    from seqspec.training.scaffold.invalid import CORRECT
    from seqspec.training.scaffold.options import ScaffoldOptions
    from seqspec.training.scaffold.text import file_stem

    target = None if output == "-" else Path(output or f"{file_stem(data)}.seqspec.{format_}")
    folder = "" if target is None else str(target.parent)
    options = ScaffoldOptions(
        data, folder, label, time, horizon, group, tuple(known), kinds, tuple(ignore), id_column, template
    )  # fmt: skip
    with exit_on_run_errors():
        written = draft(options)
        if dictionary is not None and not written.dictionary:
            raise click.UsageError("--dictionary needs a table")
    text = _in_format(written.text, format_)
    if target is None:
        click.echo(text, nl=False)
    else:
        write_or_exit(target, text, force)
    lines = list(written.lines)
    if dictionary is not None:
        write_or_exit(Path(dictionary), _csv(written.dictionary), force)
        lines.append(("dictionary", dictionary))
    if target is not None:
        first = "correct these values of the file, then: " if any(word == CORRECT for word, _ in lines) else ""
        next_command = f"seqspec train {target}{_permission(data, folder)}"
        lines += [("wrote", f"{target} ({_checked(target)})"), ("next", f"{first}{next_command}")]
    width = max(len(word) for word, _ in lines)
    for word, line in lines:
        click.echo(visible(f"{word:<{width}}  {line}"), err=target is None)
    return 0


def _in_format(text: str, format_: str) -> str:
    from seqspec.core.document.canonical import format_document
    from seqspec.core.syntax.source import parse_text

    return format_document(parse_text(text, format="toml"), format_).text


def _permission(data: str, folder: str) -> str:
    """The option with which data outside of the project of a spec may be read; empty where none is needed."""
    from seqspec.training.access import access_to, option_for

    if access_to(folder or ".").reads(data):
        return ""
    real = os.path.realpath(data)
    return f" {option_for(real if os.path.isdir(real) else os.path.dirname(real), 'data')}"


def _checked(target: Path) -> str:
    from seqspec.core.linter.check import analyze

    found = analyze(str(target)).report.diagnostics
    return f"check: {counted(len(found), 'finding') if found else 'no findings'}"


def _csv(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
