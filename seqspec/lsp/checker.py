"""The check of one document with what applies to it, and its findings as the client takes them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import NamedTuple

from pygls.workspace import PositionCodec

from seqspec.analysis.analyze import AnalysisResult
from seqspec.analysis.report import Report
from seqspec.diagnostics.diagnostic import Diagnostic
from seqspec.linter.check import analyze, check
from seqspec.linter.program import is_program
from seqspec.lsp.diagnostics import of_configuration, published
from seqspec.lsp.edits import repaired
from seqspec.lsp.open_documents import OpenDocument
from seqspec.lsp.published_diagnostics import Findings
from seqspec.lsp.settings import Project
from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.text import Text
from seqspec.syntax.source import read_source


class CheckedDocument(NamedTuple):
    """The result of checking a document.

    Attributes:
        findings: The findings by the file that each is in.
        bases: The files that the document extends, see `bases_of`.
        seconds: How long it took.
    """

    findings: Findings
    bases: frozenset[str]
    seconds: float


class DocumentChecker:
    """Checks documents with the configuration of their folders.

    Args:
        warn: Reports what prevents a check and has no place in a file.

    Attributes:
        codec: Counts the units of the client.
        project: The configurations, as they were when each was first requested.
    """

    def __init__(self, warn: Callable[[str], None]) -> None:
        self.codec = PositionCodec()
        self.project = Project()
        self._warn = warn

    def reload(self) -> None:
        """Reads the configuration again."""
        self.project = Project()

    def open(self, file: str, source: str, version: int | None) -> OpenDocument:
        """A text that an editor has open, with what applies to it."""
        applied = self.project.of(file)
        snapshot = Snapshot(repaired(source), file, version, applied.policy, applied.settings.limits)
        return OpenDocument(snapshot, self.project, self.codec)

    def reporting(self, snapshot: Snapshot) -> Callable[[Report], list[Diagnostic]]:
        """Returns the findings of a report that are reported for a document."""
        return self.project.of(snapshot.file).reported

    def check_open(self, opened: OpenDocument) -> CheckedDocument:
        """Checks a text that is open; one that is neither a spec nor a Keras program has no findings."""
        start = time.perf_counter()
        snapshot = opened.snapshot
        program = opened.program
        if program is not None:
            found = self._findings(program, snapshot.file, opened.text)
            return CheckedDocument(found, frozenset(), time.perf_counter() - start)
        if not opened.is_ours:
            return CheckedDocument({snapshot.file: []}, frozenset(), 0.0)
        found = self._findings(snapshot.result.report, snapshot.file, opened.text)
        return CheckedDocument(found, bases_of(snapshot.result), time.perf_counter() - start)

    def check_file(self, file: str) -> CheckedDocument | None:
        """Checks a file; None where it is no longer there."""
        if not os.path.lexists(file):
            return None
        start = time.perf_counter()
        applied = self.project.of(file)
        limits = applied.settings.limits
        if is_program(file):
            program = check(file, policy=applied.policy, limits=limits)
            return CheckedDocument(self._findings(program, file, None), frozenset(), time.perf_counter() - start)
        result = analyze(read_source(file, limits), policy=applied.policy, limits=limits)
        return CheckedDocument(self._findings(result.report, file, None), bases_of(result), time.perf_counter() - start)

    def _findings(self, report: Report, file: str, text: Text | None) -> Findings:
        applied = self.project.of(file)
        if applied.error is not None:
            return {file: [], **of_configuration(applied.error, self.codec)}
        return published(report, applied.reported(report), file, text, self.codec)

    def warn_all(self) -> None:
        """Reports the policies that could not be used since the last time."""
        while self.project.faults:
            self._warn(self.project.faults.pop())


def bases_of(result: AnalysisResult) -> frozenset[str]:
    """The files that a document extends, by way of others too, and the one that it would extend if it were there."""
    *_, last = documents = [each for each in result.expansion.documents if each.file is not None]
    found = {os.path.realpath(each.file or "") for each in documents[1:]}
    named = last.tree.get("extends") if last.readable else None
    if isinstance(named, str) and "\0" not in named:
        found.add(os.path.realpath(os.path.join(os.path.dirname(last.file or ""), named)))
    return frozenset(found)
