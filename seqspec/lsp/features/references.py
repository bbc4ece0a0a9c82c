"""Find references: every place where a name occurs, in all documents that share it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lsprotocol import types

from seqspec.language.symbols.table import Symbol
from seqspec.lsp.client_index import ClientIndex
from seqspec.lsp.document_index import DocumentIndex, SourceLocation, symbol_at
from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.text import Text

if TYPE_CHECKING:
    from seqspec.lsp.server import Server


def register(server: Server) -> None:
    """Makes a server answer the request."""

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def answer(ls: Server, params: types.ReferenceParams) -> list[types.Location]:
        return locations(ls.index, params.text_document, params.position, params.context.include_declaration)


def references(
    index: DocumentIndex, snapshot: Snapshot, offset: int, declaration: bool
) -> Iterator[tuple[SourceLocation, Symbol]]:
    """Where the name at an offset is in all documents that share it; with `declaration`, its definitions too."""
    found = symbol_at(index, snapshot, offset)
    if found is not None:
        for place in index.family(snapshot, found[1]).places():
            if declaration or not place.occurrence.defines:
                yield place, found[1]


def locations(
    index: ClientIndex, asked: types.TextDocumentIdentifier, position: types.Position, declaration: bool
) -> list[types.Location]:
    """The places of the name at a position, as the client takes them."""
    known = index.known(asked)
    if known is None:
        return []
    snapshot, text = known
    index.survey()
    texts: dict[str, Text] = {}
    found = []
    for (other, occurrence), symbol in references(index.documents, snapshot, text.offset(position), declaration):
        there = texts.setdefault(other.file, index.text_of(other.text))
        found.append(types.Location(index.uri(other.file), there.range(*occurrence.name_range(symbol))))
    return found
