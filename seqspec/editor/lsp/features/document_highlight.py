"""Document highlights: the occurrences of the name at the cursor."""

from __future__ import annotations

from lsprotocol import types

from seqspec.editor.lsp.document_index import DocumentIndex, symbol_at
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.server import Server
from seqspec.editor.lsp.snapshot import Snapshot


def register(server: Server) -> None:
    """Registers the handler of the request."""

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    def answer(ls: Server, params: types.DocumentHighlightParams) -> list[types.DocumentHighlight]:
        target = ls.index.find(params.text_document)
        return highlights(ls.index.documents, *target, target[1].offset(params.position)) if target else []


def highlights(
    index: DocumentIndex, snapshot: Snapshot, text: PositionMap, offset: int
) -> list[types.DocumentHighlight]:
    """The occurrences of the name at an offset in its document."""
    located = symbol_at(index, snapshot, offset)
    if located is None:
        return []
    view, symbol = index.view(snapshot), located[1]
    kinds = (types.DocumentHighlightKind.Read, types.DocumentHighlightKind.Write)
    return [
        types.DocumentHighlight(text.range(*other.name_range(symbol)), kinds[other.defines])
        for other in snapshot.symbols.occurrences
        if symbol in other.symbols and view.meaning(other) == symbol
    ]
