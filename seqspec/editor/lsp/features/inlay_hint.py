"""Inlay hints: the output shape of every layer."""

from __future__ import annotations

from lsprotocol import types

from seqspec.editor.lsp import programs
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.server import Server
from seqspec.editor.lsp.snapshot import Snapshot, shapes_hint


def register(server: Server) -> None:
    """Registers the handler of the request."""

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    def answer(ls: Server, params: types.InlayHintParams) -> list[types.InlayHint] | None:
        program = ls.program(params.text_document.uri)
        if program is not None:
            report, text = program
            return programs.hints(report, text, text.offset(params.range.start), text.offset(params.range.end))
        target = ls.find(params.text_document.uri)
        if target is None:
            return None
        snapshot, text = target
        return hints(snapshot, text, text.offset(params.range.start), text.offset(params.range.end))


def hints(snapshot: Snapshot, text: PositionMap, start: int, end: int) -> list[types.InlayHint]:
    """The output shape after each layer between two offsets; for copies, all distinct shapes."""
    places = snapshot.document.places()
    labels = []
    for path, outputs in snapshot.outputs.items():
        span = places.get(path)
        if span is not None and start <= span[1] <= end:
            # Placed after the comma, so that the hint does not separate a value from its comma.
            end_of_entry = span[1] + (snapshot.text[span[1] : span[1] + 1] == ",")
            # After an invalid layer, nothing but the shape is known.
            layers = snapshot.uses.get(path) or snapshot.layers.get(path, [])
            labels.append((end_of_entry, shapes_hint(text, end_of_entry, outputs, layers)))
    return [hint for _, hint in sorted(labels, key=lambda label: label[0])]
