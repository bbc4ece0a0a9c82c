"""Document links: the extended file."""

from __future__ import annotations

from lsprotocol import types

from seqspec.editor.lsp.document_index import ClientIndex, extended_file
from seqspec.editor.lsp.server import Server


def register(server: Server) -> None:
    """Registers the handler of the request."""

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_LINK)
    def answer(ls: Server, params: types.DocumentLinkParams) -> list[types.DocumentLink]:
        return links(ls.index, params.text_document)


def links(index: ClientIndex, document: types.TextDocumentIdentifier) -> list[types.DocumentLink]:
    """The file that a document extends."""
    opened = index.find(document)
    extended = None if opened is None else extended_file(index.documents, opened[0])
    if opened is None or extended is None:
        return []
    start, end, file = extended
    return [types.DocumentLink(opened[1].range(start, end), index.uri(file), "the spec that this one extends")]
