"""Highlights: where the name at the cursor occurs in its document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from seqspec.lsp.document_index import DocumentIndex, symbol_at
from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.text import Text

if TYPE_CHECKING:
    from seqspec.lsp.server import Server


def register(server: Server) -> None:
    """Makes a server answer the request."""

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    def answer(ls: Server, params: types.DocumentHighlightParams) -> list[types.DocumentHighlight]:
        found = ls.index.known(params.text_document)
        return highlights(ls.index.documents, *found, found[1].offset(params.position)) if found else []


def highlights(index: DocumentIndex, snapshot: Snapshot, text: Text, offset: int) -> list[types.DocumentHighlight]:
    """Where the name at an offset is in its document."""
    found = symbol_at(index, snapshot, offset)
    if found is None:
        return []
    view, symbol = index.view(snapshot), found[1]
    kinds = (types.DocumentHighlightKind.Read, types.DocumentHighlightKind.Write)
    return [
        types.DocumentHighlight(text.range(*other.name_range(symbol)), kinds[other.defines])
        for other in snapshot.symbols.occurrences
        if symbol in other.symbols and view.meaning(other) == symbol
    ]
