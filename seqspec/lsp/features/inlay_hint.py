"""Inlay hints: the output shape of every layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lsprotocol import types

from seqspec.analysis.layer_report import LayerReport
from seqspec.lsp import programs
from seqspec.lsp.layer_facts import facts, shapes_label
from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.text import Text

if TYPE_CHECKING:
    from seqspec.lsp.server import Server


def register(server: Server) -> None:
    """Makes a server answer the request."""

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    def answer(ls: Server, params: types.InlayHintParams) -> list[types.InlayHint] | None:
        program = ls.program(params.text_document.uri)
        if program is not None:
            report, text = program
            return programs.hints(report, text, text.offset(params.range.start), text.offset(params.range.end))
        found = ls.known(params.text_document.uri)
        if found is None:
            return None
        snapshot, text = found
        return hints(snapshot, text, text.offset(params.range.start), text.offset(params.range.end))


def hints(snapshot: Snapshot, text: Text, start: int, end: int) -> list[types.InlayHint]:
    """The output shape after every layer between two offsets; for copies the shape after each that differs."""
    places = snapshot.document.places()
    found = []
    for path, layers in {**snapshot.layers, **snapshot.uses}.items():
        place = places.get(path)
        if place is None or not start <= place[1] <= end:
            continue
        # After the comma: before it the hint would separate a value from its comma.
        end_of_entry = place[1] + (snapshot.text[place[1] : place[1] + 1] == ",")
        found.append(
            types.InlayHint(
                position=text.position(end_of_entry),
                label=_shapes(layers, path in snapshot.uses),
                kind=types.InlayHintKind.Type,
                tooltip=types.MarkupContent(types.MarkupKind.Markdown, facts(layers)),
                padding_left=True,
            )
        )
    return sorted(found, key=lambda hint: (hint.position.line, hint.position.character))


def _shapes(layers: Sequence[LayerReport], last: bool) -> str:
    shapes = [" ".join(map(str, layer.outputs)) for layer in layers]
    if last:
        return f"→ {shapes[-1]}"
    return shapes_label(shapes)
