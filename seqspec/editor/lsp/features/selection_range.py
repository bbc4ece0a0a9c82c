"""Selection ranges."""

from __future__ import annotations

from lsprotocol import types
from lsprotocol.types import SelectionRange

from seqspec.editor.lsp.features.folding_range import header_sections
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.server import Server
from seqspec.editor.lsp.snapshot import Snapshot


def register(server: Server) -> None:
    """Registers the handler of the request."""

    @server.feature(types.TEXT_DOCUMENT_SELECTION_RANGE)
    def answer(ls: Server, params: types.SelectionRangeParams) -> list[SelectionRange]:
        target = ls.index.latest(params.text_document)
        return [selection(*target, target[1].offset(position)) for position in params.positions] if target else []


def selection(snapshot: Snapshot, text: PositionMap, offset: int) -> SelectionRange:
    """The nested ranges around an offset: a word, a string, a pair, its table, the document."""
    stretches = {(0, len(text.text))}
    for node in snapshot.document.syntax_tree().nodes():
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
    ranges: SelectionRange | None = None
    for start, end in reversed(chain):
        ranges = SelectionRange(text.range(start, end), ranges)
    assert ranges is not None
    return ranges
