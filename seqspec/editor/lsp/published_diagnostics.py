"""The published diagnostics, by checked document and file.

A finding of a document can be in a file that it extends. So a file has the findings of several documents, without
duplicates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lsprotocol import types

from seqspec.editor.lsp.diagnostics import file_uri

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
