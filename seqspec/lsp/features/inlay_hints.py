"""What is known of layers, as an editor shows it: inlay hints, the totals above the model, the facts in a hover."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lsprotocol import types

from seqspec.analysis.layer_report import LayerReport
from seqspec.diagnostics.violation import Path
from seqspec.lsp.snapshot import Snapshot
from seqspec.lsp.text import Text

_MOST = 6


def hints(snapshot: Snapshot, text: Text, start: int, end: int) -> list[types.InlayHint]:
    """The output shape behind every layer between two offsets; for copies the shape behind each that differs."""
    places = snapshot.document.places()
    found = []
    for path, layers in {**snapshot.layers, **snapshot.uses}.items():
        place = places.get(path)
        if place is None or not start <= place[1] <= end:
            continue
        found.append(
            types.InlayHint(
                position=text.position(place[1]),
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
    different = list(dict.fromkeys(shapes))
    words = " … ".join(different if len(different) <= 3 else [different[0], different[-1]])
    return f"→ {words}" + (f" ×{len(layers)}" if len(layers) > 1 else "")


def facts(layers: Sequence[LayerReport]) -> str:
    """What arrives and leaves, parameters and multiply-adds, in Markdown; a line for each copy."""
    lines = [_line(layer) for layer in layers[:_MOST]]
    if len(layers) > _MOST:
        lines.append(f"… and {len(layers) - _MOST} more")
    return "\n\n".join(lines)


def _line(layer: LayerReport) -> str:
    leaves = " and ".join(map(str, layer.outputs))
    counts = f"{layer.params:,} parameters"
    if layer.trainable_params != layer.params:
        counts += f" ({layer.trainable_params:,} trained)"
    cost = f"{layer.cost:,}" if isinstance(layer.cost, int) else str(layer.cost)
    flow = f"{layer.input} arrives, {leaves} leaves ({layer.outputs[0].dtype})"
    return f"`{layer.name}`: {flow}; {counts}, {cost} multiply-adds"


def lenses(snapshot: Snapshot, text: Text) -> Iterator[types.CodeLens]:
    """The totals above the model, and above each block those of the layers that it became."""
    yield from _blocks(snapshot, text)
    places = snapshot.document.places()
    # The model of a document that extends another may stand there.
    place = places.get(("model",)) or places.get(("extends",))
    report = snapshot.tolerated.report
    if place is None or not report.layers:
        return
    macs = "" if report.macs is None else f" · {report.macs:,} multiply-adds"
    whole = "" if report.ok else " (up to the first mistake)"
    count = f"{len(report.layers)} layer{'' if len(report.layers) == 1 else 's'}"
    trained = "" if report.trainable_params == report.params else f" ({report.trainable_params:,} trained)"
    title = f"{count} · {report.params:,} parameters{trained}{macs} · → {report.layers[-1].outputs[0]}{whole}"
    start = place[2] if place[2] >= 0 else place[0]
    yield types.CodeLens(range=text.range(start, start), command=types.Command(title=title, command=""))


def _blocks(snapshot: Snapshot, text: Text) -> Iterator[types.CodeLens]:
    places = snapshot.document.places()
    used: dict[str, list[list[LayerReport]]] = {}
    for path, layers in snapshot.uses.items():
        entry = snapshot.at(path)
        if isinstance(entry, Mapping):
            used.setdefault(str(entry.get("use")), []).append(layers)
    for name, uses in used.items():
        place = places.get(("blocks", name))
        if place is None:
            continue
        times = "once" if len(uses) == 1 else f"{len(uses)} times"
        layers = [layer for use in uses for layer in use]
        count = f"{len(layers)} layer{'' if len(layers) == 1 else 's'}"
        title = f"used {times} · {count} · {sum(layer.params for layer in layers):,} parameters"
        start = place[2] if place[2] >= 0 else place[0]
        yield types.CodeLens(range=text.range(start, start), command=types.Command(title=title, command=""))


def layers_of(snapshot: Snapshot, path: Path) -> list[LayerReport]:
    """The layers that the entry at a path, or the one around it, became; of an override those that it changes."""
    if path[:2] == ("override", "layers"):
        return [layer for layer in snapshot.tolerated.report.layers if layer.name in path[2:3]]
    for length in range(len(path), 0, -1):
        found = snapshot.layers.get(path[:length]) or snapshot.uses.get(path[:length])
        if found:
            return found
    return []
