"""Checks the documents of a run one after another, each with its effective settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from seqspec.core.analysis.report import Report
from seqspec.core.check.check import CheckSettings
from seqspec.core.check.parallel import MIN_PARALLEL_DOCUMENTS, check_tasks, processors
from seqspec.core.check.task import CheckTask
from seqspec.core.config.configuration import Configurations
from seqspec.core.config.discovery import STDIN, DiscoveredFiles
from seqspec.core.config.effective import EffectiveConfiguration, EffectiveConfigurations
from seqspec.core.diagnostics.diagnostic import SEVERITIES
from seqspec.core.frontends.frontend import KerasTarget
from seqspec.core.output.base import CheckedDocument
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.limits import Limits

if TYPE_CHECKING:
    from seqspec.cli.fix import FixRun
    from seqspec.core.config.baseline import Baseline
    from seqspec.core.diagnostics.diagnostic import Diagnostic, Span

    Place = tuple[str | None, Span | None, str]

STDIN_NAME = "<stdin>"


class CheckRun:
    """The documents of one run and their effective configurations, all of which are validated first.

    Attributes:
        failed: Whether there was a finding at or above the failing severity.
        broken: Whether there was an internal error.
        incomplete: Whether something was not checked, or not completely.
        targets: The Keras that each program is for.
    """

    def __init__(
        self,
        discovered: DiscoveredFiles,
        configurations: Configurations,
        *,
        stdin_filename: str | None = None,
        set_values: Sequence[str] = (),
        baselines: bool = True,
        jobs: int | None = 1,
        facts: bool = False,
        space: int | None = None,
        fixing: FixRun | None = None,
    ) -> None:
        self.failed = False
        self.broken = False
        self.incomplete = False
        self.targets: list[tuple[str, KerasTarget]] = []
        self._effective = EffectiveConfigurations(configurations, baselines=baselines)
        self._unreadable = discovered.unreadable
        self._searched = discovered.searched
        self._configurations = configurations
        self._stdin_filename = stdin_filename
        self._set_values = set_values
        self._space = space
        self._fixing = fixing
        self._stdin_data: bytes | None = None
        self._places: dict[Place, bool] = {}
        """Where findings in programs were reported, and whether in the file of the program itself."""
        self._jobs = jobs
        self._want: Literal["findings", "facts"] = "facts" if facts else "findings"
        self._files = [(file, self._applied(file)) for file in discovered.files]
        for _, configuration in self._files:
            _require_valid(configuration)

    def __len__(self) -> int:
        return len(self._files) + len(self._unreadable)

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        """The baselines in use, by file."""
        return self._effective.baselines

    def reports(self) -> Iterator[tuple[Report, EffectiveConfiguration]]:
        """The report of every document, in order, with its effective configuration."""
        jobs = self._jobs
        if jobs is None:
            jobs = 1 if len(self) < MIN_PARALLEL_DOCUMENTS else processors()
        sources: list[tuple[str | Document, EffectiveConfiguration]] = [
            (self._stdin(applied.settings.limits) if file == STDIN else file, applied) for file, applied in self._files
        ]
        for name, why, help in self._unreadable:
            from seqspec.core.syntax.source import unreadable_document

            sources.append((unreadable_document(name, why, help), self._effective.of_file(name)))
        tasks = [self._task(source, applied) for source, applied in sources]
        yield from zip(check_tasks(tasks, min(jobs, len(self) or 1)), [applied for _, applied in sources])

    def checked(self) -> Iterator[CheckedDocument]:
        """Every document with its reported findings."""
        for report, applied in self.reports():
            if self._fixing is None:
                yield self._select_findings(report, applied)
                continue
            fixed = self._fixed(self._fixing, report, applied)
            checked = self._select_findings(fixed, applied)
            self._fixing.count(checked.diagnostics, fixed)
            yield checked

    def _fixed(self, fixing: FixRun, report: Report, applied: EffectiveConfiguration) -> Report:
        """The report of a document after its fixes were applied."""

        def check(document: Document) -> Report:
            # A fix can remove the last name that says which Keras the program is for, or add one.
            task = self._task(document, applied)
            if report.target is not None:
                task = task._replace(options=task.options._replace(keras=report.target))
            return task.report()

        return fixing(report, self._stdin_data, applied.settings.limits, check, applied.reported)

    def _task(self, source: str | Document, applied: EffectiveConfiguration) -> CheckTask:
        settings = applied.settings
        options = CheckSettings(applied.policy, settings.limits, settings.keras, self._space)
        return CheckTask(source, options, self._set_values, want=self._want, searched=source in self._searched)

    def _select_findings(self, report: Report, applied: EffectiveConfiguration) -> CheckedDocument:
        facts: Callable[[], dict[str, object]] = report.to_dict
        if self._want == "facts":
            try:
                entry = report.to_dict()
            except Exception as error:
                # An internal error must not hide the other reports.
                from seqspec.core.check.task import failed_report

                report = failed_report(report.document or report.file or "", error)
                facts = report.to_dict
            else:
                facts = partial(dict, entry)
        if report.target is not None:
            self.targets.append((report.file or "", report.target))
        reported, in_baseline = applied.split(report)
        if report.coverage is not None:
            reported = [diagnostic for diagnostic in reported if self._is_new(diagnostic, report.file)]
        self.broken = self.broken or any(diagnostic.name == "internal-error" for diagnostic in reported)
        fail_on = applied.settings.fail_on
        failing = () if fail_on == "never" else SEVERITIES[: SEVERITIES.index(fail_on) + 1]
        self.failed = self.failed or any(diagnostic.severity in failing for diagnostic in reported)
        coverage = report.coverage
        if coverage is not None:
            required = applied.settings.fail_on_unchecked
            self.incomplete = self.incomplete or not coverage.is_complete
            self.failed = self.failed or (required is not None and not coverage.reaches(required))
        return CheckedDocument(
            report.file, reported, report.line, facts, in_baseline, report.suppressed, failing, coverage
        )

    def _is_new(self, diagnostic: Diagnostic, file: str | None) -> bool:
        """Whether a finding has not been reported for another program, of which one imports the file of the other."""
        place = diagnostic.file, diagnostic.span, diagnostic.code
        is_own = diagnostic.file == file
        was_own = self._places.get(place)
        self._places.setdefault(place, is_own)
        return was_own is None or (was_own and is_own)

    def _applied(self, file: str) -> EffectiveConfiguration:
        return self._effective.of_file((self._stdin_filename or STDIN) if file == STDIN else file)

    def _stdin(self, limits: Limits) -> Document:
        from seqspec.core.frontends.registry import parse

        data = self._stdin_data = sys.stdin.buffer.read(limits.bytes + 1)
        return parse(data, self._stdin_filename or STDIN_NAME, limits)


def path_in_repository() -> Callable[[str], str]:
    """Returns the function that makes paths relative to the top of the repository, or else to the current folder."""
    from seqspec.core.config.patterns import relative, repository

    top = repository(os.getcwd()) or os.getcwd()

    def path(file: str) -> str:
        if file == STDIN_NAME:
            return file
        absolute = os.path.abspath(file)
        return relative(absolute, top) or absolute.replace(os.sep, "/")

    return path


def _require_valid(applied: EffectiveConfiguration) -> None:
    """Exits with status 2 if the policy cannot be read; raises `ConfigurationError` for other errors."""
    import click

    from seqspec.core.config.patterns import relative

    if applied.policy_error is not None:
        file = applied.settings.policy or ""
        shown = relative(file, os.getcwd()) or file
        origin = applied.settings.origins.get("policy", "")
        raise click.UsageError(f"{origin}: policy {shown}: {applied.policy_error}")
    if applied.error is not None:
        raise applied.error
