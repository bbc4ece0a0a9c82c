"""Selection ranges: how a selection grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types
from lsprotocol.types import SelectionRange

from seqspec.lsp.features.folding_range import header_sections
from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.text import Text

if TYPE_CHECKING:
    from seqspec.lsp.server import Server


def register(server: Server) -> None:
    """Makes a server answer the request."""

    @server.feature(types.TEXT_DOCUMENT_SELECTION_RANGE)
    def answer(ls: Server, params: types.SelectionRangeParams) -> list[SelectionRange]:
        found = ls.index.alone(params.text_document)
        return [selection(*found, found[1].offset(position)) for position in params.positions] if found else []


def selection(snapshot: Snapshot, text: Text, offset: int) -> SelectionRange:
    """The stretches around an offset, each within the next: a word, a string, a pair, its table, the document."""
    stretches = {(0, len(text.text))}
    for node in snapshot.document.syntax().nodes():
        start, end, key_start, key_end = node.offsets
        stretches |= {(start, end), (key_start, key_end), (key_start, end)}
        if text.text[start : start + 1] in ("'", '"') and end - start > 1:
            stretches.add((start + 1, end - 1))
    stretches.update(header_sections(snapshot, text))
    around = sorted(
        (end - start, start, end) for start, end in stretches if 0 <= start <= offset <= end and start < end
    )
    chain = [(around[0][1], around[0][2])] if around else [(0, len(text.text))]
    for _, start, end in around[1:]:
        if start <= chain[-1][0] and chain[-1][1] <= end:
            chain.append((start, end))
    made: SelectionRange | None = None
    for start, end in reversed(chain):
        made = SelectionRange(text.range(start, end), made)
    assert made is not None
    return made
