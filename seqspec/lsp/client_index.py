"""The documents that share names, by the addresses of the client: what navigation and renaming ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.workspace import TextDocument

from seqspec.lsp.diagnostics import address
from seqspec.lsp.document_index import DocumentIndex
from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.text import Text

if TYPE_CHECKING:
    from seqspec.lsp.server import Server


class ClientIndex:
    """The index of documents, and their addresses as the client names them.

    Attributes:
        documents: The index.
    """

    def __init__(self, server: Server) -> None:
        self.documents = DocumentIndex()
        self._server = server
        self._uris: dict[str, str] = {}

    @property
    def capabilities(self) -> types.ClientCapabilities:
        """What the client can do."""
        return self._server.client_capabilities

    def alone(self, asked: types.TextDocumentIdentifier | TextDocument) -> tuple[Snapshot, Text] | None:
        """The newest text of a document; None for a file that is not a document or has no text."""
        known = self._server.known(asked.uri)
        return known if known is not None and known[0].document.text is not None else None

    def known(self, asked: types.TextDocumentIdentifier) -> tuple[Snapshot, Text] | None:
        """The same, once the index has all texts that are open now."""
        found = {}
        # By their own addresses: the keys of a workspace are without escapes.
        for document in list(self._server.workspace.text_documents.values()):
            known = self.alone(document)
            if known is not None:
                found[document.uri] = known
        self._uris = {snapshot.file: uri for uri, (snapshot, _) in found.items()}
        self.documents.open(snapshot for snapshot, _ in found.values())
        return found.get(asked.uri)

    def survey(self) -> None:
        """Looks through the folders of the workspace for documents that extend others."""
        self.documents.survey(self._server.folders())

    def text_of(self, text: str) -> Text:
        """A text as the client counts its positions."""
        return Text(text, self._server.workspace.position_codec)

    def uri(self, file: str) -> str:
        """The address of a file, as the client writes it where it has named the file."""
        return self._uris.get(file) or address(file)
