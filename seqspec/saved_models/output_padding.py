"""The argument `output_padding` of transposed convolutions, which Keras 3 did not save before 3.15."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.core.api.shapes import Size, transposed_output
from seqspec.saved_models.layer_classes import applies_activation, is_elementwise, is_transposed, rank_of
from seqspec.saved_models.nodes import SavedLayer, per_axis, unnested
from seqspec.saved_models.saved_model import ConversionNotes, WriterVersions

_KEY = "output_padding"


def restore_output_padding(nodes: Sequence[SavedLayer], generation: WriterVersions, notes: ConversionNotes) -> bool:
    """Sets the argument from the input shape that Keras saves of the next layer; returns whether it set any."""
    layers = [node for node in unnested(nodes) if not (is_elementwise(node.kind) or applies_activation(node.kind))]
    is_padded = False
    for node, following in zip(layers, [*layers[1:], None]):
        if generation.keras < 3 or not is_transposed(node.kind) or _KEY in node.config or _strides(node) == 1:
            continue
        have = None if following is None else following.built_shape
        extra = None if node.built_shape is None or have is None else _extra(node, node.built_shape, have)
        if extra is None:
            notes.add(
                f"{generation} does not save output_padding of {node.name!r}: if the layer has it, set it in the spec"
            )
        elif extra:
            node.config[_KEY] = extra
            notes.fixes["output_padding restored from the input shape of the next layer"] += 1
            is_padded = True
    return is_padded


def _strides(node: SavedLayer) -> int:
    return max(per_axis(node.value("strides", default=1), rank_of(node.kind)))


def _extra(node: SavedLayer, before: Sequence[int | None], after: Sequence[int | None]) -> list[int] | None:
    """The argument that leads from one input shape to the next one: empty if the default does, None if unknown."""
    rank = rank_of(node.kind)
    first = node.has_channels_first
    if len(after) != rank + 2 or None in (*before[1:], *after[1:]):
        return None
    lengths, wanted = ([int(size or 0) for size in (shape[2:] if first else shape[1:-1])] for shape in (before, after))
    sizes, strides, rates = (
        per_axis(node.value(key, default=1), rank) for key in ("kernel_size", "strides", "dilation_rate")
    )
    mode = str(node.value("padding", default="valid"))

    def outputs(extra: int | None) -> list[Size]:
        return [
            transposed_output(length, size, stride, mode, rate, extra)
            for length, size, stride, rate in zip(lengths, sizes, strides, rates)
        ]

    if outputs(None) == wanted:
        return []
    extra = [want - have for want, have in zip(wanted, outputs(0)) if isinstance(have, int)]
    fits = all(0 <= more < stride for more, stride in zip(extra, strides))
    return extra if fits else None
