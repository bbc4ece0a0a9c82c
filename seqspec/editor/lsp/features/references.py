"""Find references: all occurrences of a name, in all documents that share it."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from seqspec.editor.lsp.document_index import ClientIndex, DocumentIndex, NameLocation, symbol_at
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.server import Server
from seqspec.editor.lsp.snapshot import Snapshot
from seqspec.editor.lsp.symbol_table import Symbol


def register(server: Server) -> None:
    """Registers the handler of the request."""

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def answer(ls: Server, params: types.ReferenceParams) -> list[types.Location]:
        return locations(ls.index, params.text_document, params.position, params.context.include_declaration)


def references(
    index: DocumentIndex, snapshot: Snapshot, offset: int, declaration: bool
) -> Iterator[tuple[NameLocation, Symbol]]:
    """The occurrences of the name at an offset in all documents; with `declaration`, its definitions too."""
    located = symbol_at(index, snapshot, offset)
    if located is not None:
        for location in index.family(snapshot, located[1]).places():
            if declaration or not location.occurrence.defines:
                yield location, located[1]


def locations(
    index: ClientIndex, document: types.TextDocumentIdentifier, position: types.Position, declaration: bool
) -> list[types.Location]:
    """The occurrences of the name at a position, as LSP locations."""
    opened = index.find(document)
    if opened is None:
        return []
    snapshot, text = opened
    index.survey()
    texts: dict[str, PositionMap] = {}
    result = []
    for (other, occurrence), symbol in references(index.documents, snapshot, text.offset(position), declaration):
        there = texts.setdefault(other.file, index.text_of(other.text))
        result.append(types.Location(index.uri(other.file), there.range(*occurrence.name_range(symbol))))
    return result
