"""Checks a document with its effective configuration and converts the findings to LSP diagnostics."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import NamedTuple

from pygls.workspace import PositionCodec

from seqspec.core.api.check import Check, CheckSettings, Report, check_source
from seqspec.core.api.diagnostics import Diagnostic
from seqspec.core.api.frontends import entry_of
from seqspec.core.api.syntax import read_source
from seqspec.editor.lsp.diagnostics import FindingsByFile, configuration_findings, published
from seqspec.editor.lsp.open_documents import OpenDocument
from seqspec.editor.lsp.position_map import PositionMap, replace_lone_surrogates
from seqspec.editor.lsp.settings import Project
from seqspec.editor.lsp.snapshot import Snapshot


class DocumentCheck(NamedTuple):
    """The result of checking a document.

    Attributes:
        findings: The findings by the file that each is in.
        bases: The files that the document extends, see `bases_of`.
        seconds: How long it took.
    """

    findings: FindingsByFile
    bases: frozenset[str]
    seconds: float


class DocumentChecker:
    """Checks documents with the configuration of their folders.

    Args:
        warn: Reports errors without a location in a file.

    Attributes:
        codec: The position encoding of the client.
        project: The configurations, each read when it is first requested.
    """

    def __init__(self, warn: Callable[[str], None]) -> None:
        self.codec = PositionCodec()
        self.project = Project()
        self._warn = warn

    def reload(self) -> None:
        """Reads the configuration again."""
        self.project = Project()

    def open(self, file: str, source: str, version: int | None) -> OpenDocument:
        """Creates an open document with its effective configuration."""
        applied = self.project.of(file)
        settings = applied.settings
        text = replace_lone_surrogates(source)
        snapshot = Snapshot(text, file, version, applied.policy, settings.limits, settings.keras)
        return OpenDocument(snapshot, self.project, self.codec)

    def reporting(self, snapshot: Snapshot) -> Callable[[Report], list[Diagnostic]]:
        """Returns the function that selects the reported findings of a document."""
        return self.project.of(snapshot.file).reported

    def check_open(self, opened: OpenDocument) -> DocumentCheck:
        """Checks an open document; a text that is neither a spec nor a Keras program has no findings."""
        start = time.perf_counter()
        snapshot = opened.snapshot
        program = opened.program
        if program is not None:
            findings = self._findings(program, snapshot.file, opened.text)
            return DocumentCheck(findings, frozenset(), time.perf_counter() - start)
        if not opened.is_ours:
            return DocumentCheck({snapshot.file: []}, frozenset(), 0.0)
        findings = self._findings(snapshot.result.report, snapshot.file, opened.text)
        return DocumentCheck(findings, bases_of(snapshot.result), time.perf_counter() - start)

    def check_file(self, file: str) -> DocumentCheck | None:
        """Checks a file; None if it no longer exists."""
        if not os.path.lexists(file):
            return None
        start = time.perf_counter()
        applied = self.project.of(file)
        limits = applied.settings.limits
        options = CheckSettings(applied.policy, limits, applied.settings.keras)
        if entry_of(file) is not None:
            return DocumentCheck(
                self._findings(check_source(file, options), file, None), frozenset(), time.perf_counter() - start
            )
        result = Check(read_source(file, limits), options)
        return DocumentCheck(self._findings(result.report, file, None), bases_of(result), time.perf_counter() - start)

    def _findings(self, report: Report, file: str, text: PositionMap | None) -> FindingsByFile:
        applied = self.project.of(file)
        if applied.error is not None:
            return {file: [], **configuration_findings(applied.error, self.codec)}
        return published(report, applied.reported(report), file, text, self.codec)

    def warn_all(self) -> None:
        """Reports invalid policies since the last call."""
        while self.project.faults:
            self._warn(self.project.faults.pop())


def bases_of(result: Check) -> frozenset[str]:
    """The files that a document extends, directly or indirectly, including a missing one."""
    *_, last = documents = [document for document in result.expansion.documents if document.file is not None]
    bases = {os.path.realpath(document.file or "") for document in documents[1:]}
    named = last.tree.get("extends") if last.readable else None
    if isinstance(named, str) and "\0" not in named:
        bases.add(os.path.realpath(os.path.join(os.path.dirname(last.file or ""), named)))
    return frozenset(bases)
