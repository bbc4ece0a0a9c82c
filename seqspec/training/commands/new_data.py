"""`seqspec new --data`: writes a spec for data, and prints what it decided and why."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from seqspec.cli.commands.new import write_or_exit
from seqspec.core.api.messages import counted, visible
from seqspec.training.commands.training_console import exit_on_run_errors

if TYPE_CHECKING:
    from seqspec.core.api.diagnostics import Diagnostic

_MAX_FINDINGS = 10
_MAX_BYTES = 2**28
"""A larger file is not read a second time."""


def command(
    template: str | None,
    output: str | None,
    format_: str,
    force: bool,
    *,
    data: str,
    dictionary: str | None,
    **described: Any,
) -> int:
    """Writes the spec, and the data dictionary if there is a file for it; returns the exit status.

    `described` has the other fields of `ScaffoldOptions`, and those of `Dialect`.
    """
    import numpy  # noqa: F401
    import pyarrow  # noqa: F401

    from seqspec.core.api.data import TABLE_OPTIONS, Dialect
    from seqspec.training.scaffold.draft import draft
    from seqspec.training.scaffold.invalid import CORRECT
    from seqspec.training.scaffold.options import ScaffoldOptions
    from seqspec.training.scaffold.text import file_stem

    target = None if output == "-" else Path(output or f"{file_stem(data)}.seqspec.{format_}")
    folder = "" if target is None else str(target.parent)
    dialect = Dialect.of({name: described.pop(name) for name in TABLE_OPTIONS if name in described})
    options = ScaffoldOptions(data, folder, template=template, dialect=dialect, **described)
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
        corrects = any(word == CORRECT for word, _ in lines)
        findings = _check(target, data if (written.dictionary or options.time is not None) and not corrects else None)
        first = "correct these values of the file, then: " if corrects else ""
        arguments = f"{target}{_permission(data, folder)}"
        lines += _finding_lines(findings)
        first += _before_training(findings, arguments)
        lines += [("wrote", f"{target} ({findings.summary})"), ("next", f"{first}seqspec train {arguments}")]
    width = max(len(word) for word, _ in lines)
    for word, line in lines:
        click.echo(visible(f"{word:<{width}}  {line}"), err=target is None)
    return 0


def _before_training(findings: _SpecDiagnostics, arguments: str) -> str:
    """What to do about findings before training."""
    if findings.needs_correction:
        return "correct the errors (seqspec check --data shows them), then: "
    if findings.of_data:
        return "look at the warnings (seqspec check --data has their help), then: "
    return f"seqspec check --data {arguments}, then: " if findings.is_large else ""


def _in_format(text: str, format_: str) -> str:
    from seqspec.core.api.spec import format_document
    from seqspec.core.api.syntax import parse_text

    return format_document(parse_text(text, format="toml"), format_).text


def _permission(data: str, folder: str) -> str:
    """The option with which data outside of the project of a spec may be read; empty where none is needed."""
    from seqspec.training.access import access_to, option_for

    if access_to(folder or ".").reads(data):
        return ""
    real = os.path.realpath(data)
    return f" {option_for(real if os.path.isdir(real) else os.path.dirname(real), 'data')}"


class _SpecDiagnostics(NamedTuple):
    """The findings of a spec, and those that only its data shows: warnings and errors; `is_large` data is not read."""

    of_spec: Sequence[Diagnostic]
    of_data: Sequence[Diagnostic] = ()
    is_large: bool = False

    @property
    def needs_correction(self) -> bool:
        """Whether the spec cannot be trained as it is."""
        return any(diagnostic.severity == "error" for diagnostic in (*self.of_spec, *self.of_data))

    @property
    def summary(self) -> str:
        """How many findings there are."""
        shown = counted(len(self.of_spec), "finding") if self.of_spec else "no findings"
        return f"check: {shown}{f', with the data {len(self.of_data)}' if self.of_data else ''}"


def _check(target: Path, table: str | None) -> _SpecDiagnostics:
    """What `check` finds in a spec, and `check --data` in a table, which the user has named."""
    from seqspec.core.api.check import Check, MeasuredData
    from seqspec.training.access import Allowed, access_to
    from seqspec.training.errors import DataError
    from seqspec.training.planning.checks import read_data, with_measured
    from seqspec.training.planning.plan import RunPlan

    check = Check.of(str(target))
    diagnostics = check.linted.diagnostics
    if table is None or not check.linted.ok:
        return _SpecDiagnostics(diagnostics)
    checked = check.valid_for("train")
    if os.path.isfile(table) and os.path.getsize(table) > _MAX_BYTES:
        return _SpecDiagnostics(diagnostics, is_large=True)
    try:
        access = access_to(target.parent, Allowed([os.path.realpath(table)]))
        data = read_data(RunPlan.new(checked, access=access))
        known = with_measured(checked, data).linted.diagnostics
    except DataError as error:
        known = check.with_data(MeasuredData(error.violations)).linted.diagnostics
    seen = {(diagnostic.name, diagnostic.pointer) for diagnostic in diagnostics}
    return _SpecDiagnostics(
        diagnostics,
        [
            diagnostic
            for diagnostic in known
            if diagnostic.severity != "info" and (diagnostic.name, diagnostic.pointer) not in seen
        ],
    )


def _finding_lines(findings: _SpecDiagnostics) -> list[tuple[str, str]]:
    """A line for each finding, up to a maximum."""
    lines = [
        (diagnostic.severity, f"{diagnostic.code} {diagnostic.name}: {diagnostic.message}")
        for diagnostic in findings.of_spec
    ]
    lines += [
        (diagnostic.severity, f"{diagnostic.code} {diagnostic.name}: {_without_values(diagnostic)}")
        for diagnostic in findings.of_data
    ]
    lines = list(dict.fromkeys(lines))
    rest = len(lines) - _MAX_FINDINGS
    return [*lines[:_MAX_FINDINGS], ("", f"and {rest} more")] if rest > 0 else lines


def _without_values(diagnostic: Diagnostic) -> str:
    """What a finding of the data says, without values that can be secrets: those of wrong cells, and ids of rows."""
    if diagnostic.name == "sample-leakage":
        return "the sets share samples"
    return diagnostic.message if diagnostic.severity == "warning" else str(diagnostic.pointer)


def _csv(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
