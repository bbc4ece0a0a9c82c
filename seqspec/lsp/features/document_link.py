"""Document links: the file that a document extends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from seqspec.lsp.client_index import ClientIndex
from seqspec.lsp.document_index import extended_file

if TYPE_CHECKING:
    from seqspec.lsp.server import Server


def register(server: Server) -> None:
    """Makes a server answer the request."""

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_LINK)
    def answer(ls: Server, params: types.DocumentLinkParams) -> list[types.DocumentLink]:
        return links(ls.index, params.text_document)


def links(index: ClientIndex, asked: types.TextDocumentIdentifier) -> list[types.DocumentLink]:
    """The file that a document extends."""
    known = index.known(asked)
    found = None if known is None else extended_file(index.documents, known[0])
    if known is None or found is None:
        return []
    start, end, file = found
    return [types.DocumentLink(known[1].range(start, end), index.uri(file), "the spec that this one extends")]
