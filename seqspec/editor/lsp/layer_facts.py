"""Shapes, parameters and MACs of layers for hints and hovers."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol.types import InlayHint, InlayHintKind, MarkupContent, MarkupKind

from seqspec.core.api.check import LayerReport
from seqspec.core.api.diagnostics import Path
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.snapshot import Snapshot

_MAX_COPIES = 6
"""The maximum number of copies that are shown individually."""

_SHOWN_SHAPES = 3
"""The maximum number of different shapes that are shown; beyond it, only the first and the last."""


def shapes_text(outputs: Sequence[str]) -> str:
    """The distinct output shapes of all layers at one place, and the number of layers."""
    different = list(dict.fromkeys(outputs))
    shown = different if len(different) <= _SHOWN_SHAPES else [different[0], different[-1]]
    return " … ".join(shown) + (f" ×{len(outputs)}" if len(outputs) > 1 else "")


def shapes_hint(text: PositionMap, offset: int, outputs: Sequence[str], layers: Sequence[LayerReport]) -> InlayHint:
    """The hint with the output shapes of layers at an offset, and with their facts where these are known."""
    tooltip = MarkupContent(MarkupKind.Markdown, facts(layers)) if layers else None
    label = f"→ {shapes_text(outputs)}"
    return InlayHint(text.position(offset), label, InlayHintKind.Type, tooltip=tooltip, padding_left=True)


def facts(layers: Sequence[LayerReport]) -> str:
    """The input and output shapes, parameters and MACs in Markdown, with one line per copy."""
    lines = [_line(layer) for layer in layers[:_MAX_COPIES]]
    if len(layers) > _MAX_COPIES:
        lines.append(f"… and {len(layers) - _MAX_COPIES} more")
    return "\n\n".join(lines)


def _line(layer: LayerReport) -> str:
    outputs = " and ".join(map(str, layer.outputs))
    counts = f"{layer.params:,} parameters"
    if layer.trainable_params != layer.params:
        counts += f" ({layer.trainable_params:,} trainable)"
    cost = f"{layer.cost:,}" if isinstance(layer.cost, int) else str(layer.cost)
    flow = f"input {layer.input}, output {outputs} ({layer.outputs[0].dtype})"
    return f"`{layer.name}`: {flow}; {counts}, {cost} MACs"


def layers_of(snapshot: Snapshot, path: Path) -> list[LayerReport]:
    """The layers that result from the entry at or around a path; for an override, the layers that it changes."""
    if path[:2] == ("override", "layers"):
        return [layer for layer in snapshot.tolerated.layers if layer.name in path[2:3]]
    for length in range(len(path), 0, -1):
        layers = snapshot.layers.get(path[:length]) or snapshot.uses.get(path[:length])
        if layers:
            return layers
    return []
