"""`seqspec check --data`: reads the training data of specs and checks the specs against it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from seqspec.cli.options import echo_raw, painter
from seqspec.core.diagnostics.message import counted
from seqspec.core.output.text import full, visible
from seqspec.core.syntax.limits import LIMITS
from seqspec.core.syntax.strict_json import to_json

if TYPE_CHECKING:
    from seqspec.cli.fix import FixRun
    from seqspec.core.analysis.report import Report
    from seqspec.core.frontends.frontend import Source


def command(
    files: Sequence[str],
    settings: Sequence[str],
    format_: str,
    allow_custom: Sequence[str] = (),
    fixing: FixRun | None = None,
) -> int:
    """Checks each spec with its data, fixes it and prints the findings; returns the exit status (0, 1 or 3)."""
    status = 0
    results = []
    for file in files:
        checked = _check(file, settings, allow_custom)
        if fixing is not None:
            fixing(
                checked.report,
                None,
                LIMITS,
                lambda document: _check(document, settings, allow_custom).report,
                lambda report: report.diagnostics,
            )
            checked = _check(file, settings, allow_custom)
            fixing.count(checked.report.diagnostics, checked.report)
        if format_ == "text":
            _print(file, checked.facts, checked.report.diagnostics, checked.report.line)
        entries = [diagnostic.to_dict() for diagnostic in checked.report.diagnostics]
        results.append({"file": file, "ok": checked.status == 0, "data": checked.facts, "diagnostics": entries})
        status = max(status, checked.status)
    if format_ == "json":
        click.echo(to_json(results, indent=2))
    if fixing is not None and fixing.summary_line():
        click.echo(fixing.summary_line(), err=True)
    return status


class _Checked(NamedTuple):
    """The findings of a spec with its data, the facts of the data (None if it cannot be read), and the exit status."""

    report: Report
    facts: dict[str, Any] | None
    status: int


def _check(source: Source, settings: Sequence[str], allow_custom: Sequence[str]) -> _Checked:
    from seqspec.core.analysis.report import Report
    from seqspec.core.analysis.resolve import resolve_diagnostics
    from seqspec.core.linter.check import analyze
    from seqspec.training.checks import base_of, read_data, seed_of, with_measured
    from seqspec.training.data.measure import facts_of
    from seqspec.training.errors import DataError

    analysis = analyze(source, settings=settings)
    diagnostics, facts, status = list(analysis.report.diagnostics), None, 0
    if analysis.report.ok and analysis.spec is not None:
        try:
            data = read_data(analysis, base_of(analysis), seed_of(analysis.spec), allow_custom)
        except DataError as error:
            diagnostics += error.diagnostics
            status = error.status
        else:
            facts = facts_of(data)
            with_data = with_measured(analysis, data)
            diagnostics = [*with_data.report.diagnostics, *resolve_diagnostics(data.warnings, analysis.expansion)]
            analysis = with_data
    if not status:
        status = int(any(diagnostic.severity == "error" for diagnostic in diagnostics))
    known = analysis.report
    return _Checked(Report(diagnostics, known.layers, known.document, complete=known.complete), facts, status)


def _print(file: str, facts: dict[str, Any] | None, diagnostics: Sequence[Any], line: Any) -> None:
    paint = painter(sys.stdout)
    for diagnostic in diagnostics:
        echo_raw(full(diagnostic, line, paint) + "\n")
    if facts is not None:
        click.echo(visible(file))
        names = facts["classes"]
        for name, described in facts["sets"].items():
            shape = ", ".join(map(str, described["shape"]))
            span = "" if "range" not in described else " in [{:.4g}, {:.4g}]".format(*described["range"])
            click.echo(f"  {name:<10} {described['samples']:,} samples ({shape}) {described['dtype']}{span}")
            if "class_counts" in described:
                labels = names or [str(index) for index in range(len(described["class_counts"]))]
                shown = ", ".join(f"{label} {count:,}" for label, count in zip(labels[:12], described["class_counts"]))
                click.echo(visible(f"  {'':<10} {shown}{', …' if len(labels) > 12 else ''}"))
        if facts["dropped"]:
            click.echo(f"  {facts['dropped']:,} samples dropped for missing values")
    count = len(diagnostics)
    click.echo(counted(count, "finding"))
