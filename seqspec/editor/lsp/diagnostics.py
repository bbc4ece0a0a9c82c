"""Checks a document with its effective configuration, and publishes the findings as LSP diagnostics by file."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from lsprotocol import types
from pygls import uris
from pygls.workspace import PositionCodec

from seqspec.core.api.check import Check, CheckSettings, Report, check_source
from seqspec.core.api.diagnostics import Diagnostic
from seqspec.core.api.files import ConfigurationError
from seqspec.core.api.frontends import entry_of
from seqspec.core.api.syntax import read_source
from seqspec.editor.lsp.open_documents import OpenDocument
from seqspec.editor.lsp.position_map import PositionMap, replace_lone_surrogates
from seqspec.editor.lsp.settings import Project
from seqspec.editor.lsp.snapshot import Snapshot

SOURCE = "seqspec"

_SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "info": types.DiagnosticSeverity.Information,
}


def published(
    report: Report, diagnostics: Sequence[Diagnostic], file: str, own_text: PositionMap | None, codec: PositionCodec
) -> dict[str, list[types.Diagnostic]]:
    """The LSP diagnostics of a document by file; its own file is always included.

    Args:
        report: The report of the check.
        diagnostics: The findings to report.
        file: The document's file.
        own_text: The text of the document in the editor; None if it is not open.
        codec: The position encoding of the client.
    """
    out: dict[str, list[types.Diagnostic]] = {file: []}
    for diagnostic, lsp_diagnostic in to_lsp(report, diagnostics, file, own_text, codec):
        out.setdefault(diagnostic.file or file, []).append(lsp_diagnostic)
    return out


def to_lsp(
    report: Report, diagnostics: Sequence[Diagnostic], file: str, own_text: PositionMap | None, codec: PositionCodec
) -> Iterator[tuple[Diagnostic, types.Diagnostic]]:
    """Yields each finding with its LSP diagnostic; see `published` for the arguments."""
    texts: dict[str | None, PositionMap] = {}
    if diagnostics:
        texts = {other: PositionMap(text, codec) for other, text in report.texts()}
    if own_text is not None:
        texts[file] = own_text
    nothing = PositionMap("", codec)
    for diagnostic in diagnostics:
        yield diagnostic, _diagnostic(diagnostic, texts.get(diagnostic.file or file, nothing), texts, file)


def file_uri(file: str) -> str:
    """The URI of a file; a name such as `untitled:1` is already a URI."""
    if "://" in file or file.startswith("untitled:"):
        return file
    return uris.from_fs_path(os.path.abspath(file)) or file


def _diagnostic(
    diagnostic: Diagnostic, text: PositionMap, texts: Mapping[str | None, PositionMap], file: str
) -> types.Diagnostic:
    related = [
        types.DiagnosticRelatedInformation(
            types.Location(file_uri(other.file or file), texts[other.file or file].span(other.span)), other.message
        )
        for other in diagnostic.related
        if (other.file or file) in texts
    ]
    page = page_of(diagnostic.code, diagnostic.name)
    return types.Diagnostic(
        range=text.span(diagnostic.span),
        message=full_message(diagnostic),
        severity=_SEVERITIES[diagnostic.severity],
        code=diagnostic.code,
        code_description=types.CodeDescription(page) if page else None,
        source=SOURCE,
        related_information=related or None,
    )


def full_message(diagnostic: Diagnostic) -> str:
    """The message with its label, notes and help."""
    lines = [diagnostic.message + (f": {diagnostic.label}" if diagnostic.label else "")]
    lines += diagnostic.notes
    if diagnostic.help:
        lines.append(f"help: {diagnostic.help}")
    return "\n".join(lines)


@cache
def page_of(code: str, name: str) -> str | None:
    """The URI of the page of a rule, which is written to the user's cache folder; None if that fails."""
    from seqspec import __version__
    from seqspec.core.api.check import explanation
    from seqspec.core.api.files import content_of, replace_text

    documented = explanation(code)
    if documented is None:
        return None
    page = documented.markdown().encode()
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or os.path.expanduser("~/.cache")
    folder = os.path.join(home, "seqspec", "rules", __version__)
    file = os.path.join(folder, f"{name}.md")
    try:
        # In a checkout, the pages of one version can change.
        if content_of(file) != page:
            os.makedirs(folder, exist_ok=True)
            replace_text(file, page.decode())
    except OSError:
        return None
    return file_uri(file)


def configuration_findings(error: ConfigurationError, codec: PositionCodec) -> dict[str, list[types.Diagnostic]]:
    """The LSP diagnostics of an invalid configuration, by file."""
    out: dict[str, list[types.Diagnostic]] = {}
    for violation in error.violations:
        location = violation.location
        if location is None or location.document.file is None:
            continue
        # Without the text of the file, the finding is at its start.
        text = PositionMap(location.document.text or "", codec)
        out.setdefault(os.path.abspath(location.document.file), []).append(
            types.Diagnostic(
                range=text.span(location.span()),
                message=violation.message + (f"\nhelp: {violation.help}" if violation.help else ""),
                severity=types.DiagnosticSeverity.Error,
                code="bad-configuration",
                source=SOURCE,
            )
        )
    return out


FindingsByFile = Mapping[str, list[types.Diagnostic]]
"""The LSP diagnostics of one document by file."""


class PublishedDiagnostics:
    """Keeps track of published diagnostics; only this class publishes them.

    Args:
        publish: Sends the findings of one file to the client.
    """

    def __init__(self, publish: Callable[[types.PublishDiagnosticsParams], None]) -> None:
        self._publish = publish
        self._by_document: dict[str, dict[str, list[types.Diagnostic]]] = {}
        self._shown: dict[str, list[types.Diagnostic]] = {}
        # A client may write the URI of a file in another form.
        self._names: dict[str, str] = {}

    def name(self, uri: str, file: str) -> None:
        """Records the URI that the client uses for a file."""
        self._names[file_uri(file)] = uri

    def uri(self, file: str) -> str:
        """The URI of a file, as the client writes it if known."""
        uri = file_uri(file)
        return self._names.get(uri, uri)

    def documents(self) -> list[str]:
        """The documents with published diagnostics, which may be empty."""
        return list(self._by_document)

    def publish(self, document: str, findings: FindingsByFile, version: int | None = None) -> None:
        """Replaces the published findings of a document.

        For an open document, `version` is that of its text, and the findings are published even if they are unchanged.
        """
        by_uri = {self.uri(file): diagnostics for file, diagnostics in findings.items()}
        before = self._by_document.pop(document, {})
        if by_uri:
            self._by_document[document] = by_uri
        for file in {**before, **by_uri}:
            shown = self._together(file)
            document_version = version if file == document else None
            if document_version is not None or shown != self._shown.get(file, []):
                self._publish(types.PublishDiagnosticsParams(file, shown, document_version))
            if shown:
                self._shown[file] = shown
            else:
                self._shown.pop(file, None)

    def _together(self, file: str) -> list[types.Diagnostic]:
        published = [diagnostics[file] for diagnostics in self._by_document.values() if diagnostics.get(file)]
        if len(published) == 1:
            return published[0]
        once = {
            (diagnostic.code, diagnostic.message, repr(diagnostic.range)): diagnostic
            for diagnostics in published
            for diagnostic in diagnostics
        }
        return list(once.values())


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


def bases_of(check: Check) -> frozenset[str]:
    """The files that a document extends, directly or indirectly, including a missing one."""
    *_, last = documents = [document for document in check.expansion.documents if document.file is not None]
    bases = {os.path.realpath(document.file or "") for document in documents[1:]}
    named = last.tree.get("extends") if last.readable else None
    if isinstance(named, str) and "\0" not in named:
        bases.add(os.path.realpath(os.path.join(os.path.dirname(last.file or ""), named)))
    return frozenset(bases)
