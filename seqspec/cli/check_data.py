"""`seqspec check --data`: read the training data of specs and check them with what it is really like."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from seqspec.cli.options import painter, say
from seqspec.output.text import full, visible


def check_data(files: Sequence[str], settings: Sequence[str], format_: str, allow_custom: Sequence[str] = ()) -> int:
    """Checks each spec with its data and prints what was found; returns the exit status (0, 1 or 3)."""
    status = 0
    results = []
    for file in files:
        result, own = _check(file, settings, allow_custom, format_ == "text")
        results.append(result)
        status = max(status, own)
    if format_ == "json":
        click.echo(json.dumps(results, indent=2))
    return status


def _check(
    file: str, settings: Sequence[str], allow_custom: Sequence[str], text: bool
) -> tuple[dict[str, object], int]:
    from seqspec.analysis.resolve import resolve_diagnostics
    from seqspec.linter.check import analyze
    from seqspec.training.api import base_of, read_data
    from seqspec.training.data.measure import facts_of, measured_settings
    from seqspec.training.errors import DataError

    analysis = analyze(file, settings=settings)
    diagnostics, facts, status = list(analysis.report.diagnostics), None, 0
    if analysis.report.ok and analysis.spec is not None:
        spec = analysis.spec
        seed = spec.runtime.seed if spec.runtime is not None and spec.runtime.seed is not None else 0
        try:
            data = read_data(analysis, base_of(analysis), seed, allow_custom)
        except DataError as error:
            diagnostics += error.diagnostics
            status = error.status
        else:
            facts = facts_of(data)
            whole = analyze(file, settings=[*settings, *measured_settings(data, spec)])
            diagnostics = [*whole.report.diagnostics, *resolve_diagnostics(data.warnings, analysis.expansion)]
            analysis = whole
    if not status:
        status = int(any(each.severity == "error" for each in diagnostics))
    if text:
        _print(file, facts, diagnostics, analysis.report.line)
    found = [each.to_dict() for each in diagnostics]
    return {"file": file, "ok": status == 0, "data": facts, "diagnostics": found}, status


def _print(file: str, facts: dict[str, Any] | None, diagnostics: Sequence[Any], line: Any) -> None:
    paint = painter(sys.stdout)
    for diagnostic in diagnostics:
        say(full(diagnostic, line, paint) + "\n")
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
    click.echo(f"{count} finding{'' if count == 1 else 's'}")
