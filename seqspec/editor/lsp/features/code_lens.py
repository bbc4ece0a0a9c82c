"""Code lenses: the totals above the model and above each block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lsprotocol import types

from seqspec.core.api.check import LayerReport
from seqspec.core.api.messages import counted
from seqspec.editor.lsp import programs
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.server import Server
from seqspec.editor.lsp.snapshot import Snapshot


def register(server: Server) -> None:
    """Registers the handler of the request."""

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS)
    def answer(ls: Server, params: types.CodeLensParams) -> list[types.CodeLens] | None:
        program = ls.program(params.text_document.uri)
        if program is not None:
            return list(programs.lenses(*program))
        target = ls.find(params.text_document.uri)
        return list(lenses(*target)) if target else None


def lenses(snapshot: Snapshot, text: PositionMap) -> Iterator[types.CodeLens]:
    """The totals of the model above it, and the totals of each block's layers above the block."""
    yield from _blocks(snapshot, text)
    places = snapshot.document.places()
    # The model may be inherited from another document.
    span = places.get(("model",)) or places.get(("extends",))
    report = snapshot.tolerated.report
    if span is None or not report.layers:
        return
    macs = "" if report.macs is None else f" · {report.macs:,} MACs"
    whole = "" if report.ok else " (up to the first error)"
    count = counted(len(report.layers), "layer")
    trained = "" if report.trainable_params == report.params else f" ({report.trainable_params:,} trainable)"
    title = f"{count} · {report.params:,} parameters{trained}{macs} · → {report.layers[-1].outputs[0]}{whole}"
    start = span[2] if span[2] >= 0 else span[0]
    yield types.CodeLens(range=text.range(start, start), command=types.Command(title=title, command=""))


def _blocks(snapshot: Snapshot, text: PositionMap) -> Iterator[types.CodeLens]:
    places = snapshot.document.places()
    used: dict[str, list[list[LayerReport]]] = {}
    for path, layers in snapshot.uses.items():
        entry = snapshot.at(path)
        if isinstance(entry, Mapping):
            used.setdefault(str(entry.get("use")), []).append(layers)
    for name, uses in used.items():
        span = places.get(("blocks", name))
        if span is None:
            continue
        times = "once" if len(uses) == 1 else f"{len(uses)} times"
        layers = [layer for use in uses for layer in use]
        count = counted(len(layers), "layer")
        title = f"used {times} · {count} · {sum(layer.params for layer in layers):,} parameters"
        start = span[2] if span[2] >= 0 else span[0]
        yield types.CodeLens(range=text.range(start, start), command=types.Command(title=title, command=""))
