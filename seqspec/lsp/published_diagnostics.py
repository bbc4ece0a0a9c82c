"""The diagnostics that were published: by the document that was checked, and the file that each finding is in.

A finding of a document may be in one that it extends. So a file shows what several documents say of it, each finding
once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lsprotocol import types

from seqspec.lsp.diagnostics import address

Findings = Mapping[str, list[types.Diagnostic]]
"""The findings of one document by the file that each is in."""


class PublishedDiagnostics:
    """What was reported, and the only one to report.

    Args:
        publish: Sends the findings of one file to the client.
    """

    def __init__(self, publish: Callable[[types.PublishDiagnosticsParams], None]) -> None:
        self._publish = publish
        self._by_document: dict[str, dict[str, list[types.Diagnostic]]] = {}
        self._shown: dict[str, list[types.Diagnostic]] = {}
        # A client may write the address of a file in another way than we do.
        self._names: dict[str, str] = {}

    def name(self, uri: str, file: str) -> None:
        """Takes the address that the client uses for a file."""
        self._names[address(file)] = uri

    def uri(self, file: str) -> str:
        """The address of a file, as the client writes it where it has named the file."""
        own = address(file)
        return self._names.get(own, own)

    def documents(self) -> list[str]:
        """The documents of which something was reported, if only that nothing is wrong."""
        return list(self._by_document)

    def publish(self, document: str, findings: Findings, version: int | None = None) -> None:
        """Publishes the findings of a document instead of those before.

        Where the document is open, `version` is the one of its text, and it is published whatever was before.
        """
        found = {self.uri(file): diagnostics for file, diagnostics in findings.items()}
        before = self._by_document.pop(document, {})
        if found:
            self._by_document[document] = found
        for file in {**before, **found}:
            shown = self._together(file)
            own = version if file == document else None
            if own is not None or shown != self._shown.get(file, []):
                self._publish(types.PublishDiagnosticsParams(file, shown, own))
            if shown:
                self._shown[file] = shown
            else:
                self._shown.pop(file, None)

    def _together(self, file: str) -> list[types.Diagnostic]:
        said = [found[file] for found in self._by_document.values() if found.get(file)]
        if len(said) == 1:
            return said[0]
        once = {(each.code, each.message, repr(each.range)): each for found in said for each in found}
        return list(once.values())
