"""The index of documents that share names, by client URI, for navigation and renaming."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.workspace import TextDocument

from seqspec.editor.lsp.diagnostics import file_uri
from seqspec.editor.lsp.document_index import DocumentIndex
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.snapshot import Snapshot

if TYPE_CHECKING:
    from seqspec.editor.lsp.server import Server


class ClientIndex:
    """The index of documents, and their URIs as the client writes them.

    Attributes:
        documents: The index.
    """

    def __init__(self, server: Server) -> None:
        self.documents = DocumentIndex()
        self._server = server
        self._uris: dict[str, str] = {}

    @property
    def capabilities(self) -> types.ClientCapabilities:
        """The capabilities of the client."""
        return self._server.client_capabilities

    def latest(self, document: types.TextDocumentIdentifier | TextDocument) -> tuple[Snapshot, PositionMap] | None:
        """The latest snapshot of a document; None for a file that is not a document or has no text."""
        opened = self._server.find(document.uri)
        return opened if opened is not None and opened[0].document.text is not None else None

    def find(self, identifier: types.TextDocumentIdentifier) -> tuple[Snapshot, PositionMap] | None:
        """Like `latest`, after the index has been updated with all open documents."""
        documents = {}
        # By their own URIs, because the keys of the workspace are unescaped.
        for document in list(self._server.workspace.text_documents.values()):
            opened = self.latest(document)
            if opened is not None:
                documents[document.uri] = opened
        self._uris = {snapshot.file: uri for uri, (snapshot, _) in documents.items()}
        self.documents.open(snapshot for snapshot, _ in documents.values())
        return documents.get(identifier.uri)

    def survey(self) -> None:
        """Searches the folders of the workspace for documents that extend others."""
        self.documents.survey(self._server.folders())

    def text_of(self, text: str) -> PositionMap:
        """The position map of a text in the encoding of the client."""
        return PositionMap(text, self._server.workspace.position_codec)

    def uri(self, file: str) -> str:
        """The URI of a file, as the client writes it if known."""
        return self._uris.get(file) or file_uri(file)
