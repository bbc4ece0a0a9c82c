"""`seqspec check --data`: reads the training data of specs and checks the specs against it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from seqspec.cli.options import echo_raw, painter
from seqspec.core.api.diagnostics import SEVERITIES
from seqspec.core.api.messages import CheckedDocument, counted, full, visible
from seqspec.training.access import Allowed
from seqspec.training.errors import DataError
from seqspec.training.run_folder.strict_json import to_json

if TYPE_CHECKING:
    from seqspec.cli.fix import FixRun
    from seqspec.core.api.check import Report
    from seqspec.core.api.diagnostics import Diagnostic
    from seqspec.core.api.files import Configurations, EffectiveConfigurations
    from seqspec.core.api.syntax import Document


def command(
    files: Sequence[str],
    settings: Sequence[str],
    format_: str,
    allow_custom: Sequence[str],
    allow_data: Sequence[str],
    configurations: Configurations,
    configured: EffectiveConfigurations,
    fixing: FixRun | None = None,
    printing: Callable[[Iterable[CheckedDocument]], None] | None = None,
) -> int:
    """Checks each spec with its data, applies fixes, and prints the findings; returns the exit status (0, 1 or 3).

    Args:
        files: The specs.
        settings: Values in the syntax of `--set`.
        format_: "text" or "json", which show what was measured, unless there is `printing`.
        allow_custom: Modules that a source may import.
        allow_data: Folders outside of the project that data may be read from.
        configurations: What is configured for the caller's folder.
        configured: Which findings are reported.
        fixing: Applies fixes; None without `--fix`.
        printing: Prints the findings in another format.
    """
    status = 0
    results, documents = [], []
    allowed = (Allowed(allow_data), configurations)
    for file in files:
        effective = configured.of_file(file)
        if effective.error is not None:
            raise effective.error
        check = _DataCheck(settings, allow_custom, allowed, effective.policy)
        report = check(file)
        if fixing is not None:
            report = fixing(report, None, effective.settings.limits, check, effective.reported)
        reported = effective.reported(report)
        if fixing is not None:
            fixing.count(reported, report)
        fail_on = effective.settings.fail_on
        failing = () if fail_on == "never" else SEVERITIES[: SEVERITIES.index(fail_on) + 1]
        file_status = check.status or int(any(diagnostic.severity in failing for diagnostic in reported))
        status = max(status, file_status)
        entries = [diagnostic.to_dict() for diagnostic in reported]
        results.append({"file": file, "ok": file_status == 0, "data": check.facts, "diagnostics": entries})
        documents.append(
            CheckedDocument(file, list(reported), report.line, partial(_entry, file, check.facts), failing=failing)
        )
        if printing is None and format_ == "text" and not (fixing is not None and fixing.dry):
            _print(file, check.facts, reported, report)
    if printing is not None:
        printing(documents)
    elif format_ == "json":
        click.echo(to_json(results, indent=2))
    return status


def _entry(file: str, facts: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"file": file, "data": facts}


class _DataCheck:
    """Checks one spec, and again after its fixes.

    Attributes:
        facts: What was measured in the data by the last check; None if it could not be read.
        status: The exit status for data that cannot be used, else 0.
    """

    def __init__(
        self,
        settings: Sequence[str],
        allow_custom: Sequence[str],
        readable: tuple[Allowed, Configurations],
        policy: Mapping[str, object] | None,
    ) -> None:
        self.facts: Mapping[str, Any] | None = None
        self.status = 0
        self._settings = settings
        self._allowed = allow_custom
        self._readable = readable
        self._policy = policy

    def __call__(self, source: str | Document) -> Report:
        from seqspec.core.api.check import Check, CheckSettings, MeasuredData
        from seqspec.training.data.measure import facts_of
        from seqspec.training.planning.checks import read_data, with_measured
        from seqspec.training.planning.plan import RunPlan, TrainOptions, access_of

        self.facts, self.status = None, 0
        check = Check.of(source, settings=self._settings, options=CheckSettings(self._policy))
        if not check.report.ok:
            return check.report
        checked = check.valid_for("train")
        try:
            options, access = TrainOptions(allow_custom=self._allowed), access_of(check, *self._readable)
            data = read_data(RunPlan.new(checked, options, access=access))
        except DataError as error:
            self.status = error.status
            return check.with_data(MeasuredData(error.violations)).report
        self.facts = facts_of(data)
        return with_measured(checked, data).report


def _print(file: str, facts: Mapping[str, Any] | None, diagnostics: Sequence[Diagnostic], report: Report) -> None:
    paint = painter(sys.stdout)
    for diagnostic in diagnostics:
        echo_raw(full(diagnostic, report.line, paint) + "\n")
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
