"""Checking the documents of a run one after another, each with the settings that apply to it."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from seqspec.analysis.report import Report
from seqspec.config.configuration import Configurations
from seqspec.config.discovery import STDIN, Found
from seqspec.config.settings import Settings
from seqspec.linter.parallel import FEW, Task, check_tasks, processors
from seqspec.output.base import SEVERITIES, CheckedDocument
from seqspec.syntax.document import Document
from seqspec.syntax.limits import Limits

if TYPE_CHECKING:
    from seqspec.cli.fix import Fixing
    from seqspec.config.baseline import Baseline
    from seqspec.diagnostics.diagnostic import Diagnostic

STDIN_NAME = "<stdin>"


class Run:
    """The documents of one run and what applies to each; everything that can be wrong with the settings is found first.

    Attributes:
        failed: Whether a finding at or above the failing severity was met.
        baselines: The baselines that take part, by file.
    """

    def __init__(
        self,
        found: Found,
        configurations: Configurations,
        *,
        stdin_filename: str | None = None,
        set_values: Sequence[str] = (),
        baselines: bool = True,
        jobs: int | None = 1,
        facts: bool = False,
        fixing: Fixing | None = None,
    ) -> None:
        self.failed = False
        self.baselines: dict[str, Baseline] = {}
        self._found = found
        self._configurations = configurations
        self._stdin_filename = stdin_filename
        self._set_values = set_values
        self._fixing = fixing
        self._stdin_data: bytes | None = None
        self._jobs = jobs
        self._want: Literal["findings", "facts"] = "facts" if facts else "findings"
        self._policies: dict[str | None, Mapping[str, Any] | None] = {None: None}
        for settings in self._all_settings():
            if settings.policy not in self._policies:
                self._policies[settings.policy] = _policy(settings)
            if baselines and settings.baseline is not None and settings.baseline not in self.baselines:
                from seqspec.config.baseline import read_baseline

                self.baselines[settings.baseline] = read_baseline(settings.baseline)

    def __len__(self) -> int:
        return len(self._found.files) + len(self._found.unreadable)

    def reports(self) -> Iterator[tuple[Report, Settings]]:
        """The report of every document, in order, with what applies to it."""
        jobs = self._jobs
        if jobs is None:
            jobs = 1 if len(self) < FEW else processors()
        applied: deque[Settings] = deque()
        for report in check_tasks(self._tasks(applied), min(jobs, len(self) or 1)):
            yield report, applied.popleft()

    def _tasks(self, applied: deque[Settings]) -> Iterator[Task]:
        for file in self._found.files:
            settings = self._settings(file)
            applied.append(settings)
            yield self._task(self._stdin(settings.limits) if file == STDIN else file, settings)
        for folder, why in self._found.unreadable:
            from seqspec.syntax.source import unreadable

            document = unreadable(folder, f"the folder cannot be read: {why}", "check its permissions")
            settings = self._configurations.of_folder(os.path.abspath(folder))
            applied.append(settings)
            yield self._task(document, settings)

    def checked(self) -> Iterator[CheckedDocument]:
        """Every document with the findings that are to be told."""
        for report, settings in self.reports():
            if self._fixing is None:
                yield self._judge(report, settings)
                continue
            fixed = self._fixed(self._fixing, report, settings)
            checked = self._judge(fixed, settings)
            self._fixing.count(checked.diagnostics, fixed)
            yield checked

    def _fixed(self, fixing: Fixing, report: Report, settings: Settings) -> Report:
        """The report of a document after its fixes."""

        def check(document: Document) -> Report:
            return self._task(document, settings).report()

        def choose(report: Report) -> list[Diagnostic]:
            return self._told(report, settings)[0]

        return fixing(report, self._stdin_data, settings.limits, check, choose)

    def _task(self, source: str | Document, settings: Settings) -> Task:
        policy = self._policies[settings.policy]
        return Task(source, None, self._set_values, policy, settings.limits, self._want)

    def _judge(self, report: Report, settings: Settings) -> CheckedDocument:
        found, known = self._told(report, settings)
        if settings.fail_on != "never":
            failing = SEVERITIES[: SEVERITIES.index(settings.fail_on) + 1]
            self.failed = self.failed or any(diagnostic.severity in failing for diagnostic in found)
        return CheckedDocument(report.file, found, report.line, report.to_dict, known, report.suppressed)

    def _told(self, report: Report, settings: Settings) -> tuple[list[Diagnostic], list[Diagnostic]]:
        """The findings of a report that are to be told, and those that the baseline holds."""
        found = chosen(report, settings) if report.diagnostics else []
        if settings.baseline not in self.baselines:
            return found, []
        return self.baselines[settings.baseline or ""].split(found, report.file, report.line, whole=report.whole)

    def _all_settings(self) -> Iterator[Settings]:
        for file in self._found.files:
            yield self._settings(file)

    def _settings(self, file: str) -> Settings:
        return self._configurations.of_file((self._stdin_filename or STDIN) if file == STDIN else file)

    def _stdin(self, limits: Limits) -> Document:
        from seqspec.syntax.source import parse_bytes

        data = self._stdin_data = sys.stdin.buffer.read(limits.bytes + 1)
        return parse_bytes(data, self._stdin_filename or STDIN_NAME, limits)


def chosen(report: Report, settings: Settings) -> list[Diagnostic]:
    """The findings of a report that the settings want told."""
    from seqspec.config.rule_selection import choose

    return choose(report.diagnostics, settings, whole=report.whole)


def path_in_repository() -> Callable[[str], str]:
    """What names files relative to the top of the repository, or of the current folder outside of one."""
    from seqspec.config.gitignore import repository
    from seqspec.config.patterns import relative

    top = repository(os.getcwd()) or os.getcwd()

    def path(file: str) -> str:
        if file == STDIN_NAME:
            return file
        absolute = os.path.abspath(file)
        return relative(absolute, top) or absolute.replace(os.sep, "/")

    return path


def _policy(settings: Settings) -> dict[str, Any]:
    """The house's own rules; ends with status 2 where they cannot be read."""
    import click

    from seqspec.config.patterns import relative
    from seqspec.config.policy import PolicyError, read_policy

    file = settings.policy or ""
    try:
        return read_policy(file)
    except PolicyError as error:
        shown = relative(file, os.getcwd()) or file
        raise click.UsageError(f"{settings.origins.get('policy', '')}: policy {shown}: {error}")
