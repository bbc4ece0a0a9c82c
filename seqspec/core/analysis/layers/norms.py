"""Which values normalization layers normalize together."""

from __future__ import annotations

from math import prod

from seqspec.core.analysis.layer_report import LayerReport


def normalized_together(entry: LayerReport) -> int | None:
    """How many values of one sample are centered together.

    None for a layer that does not center or also uses other samples of the batch, and if a size is unknown.
    """
    layer = entry.layer
    dims = entry.input.dims
    rank = len(dims)
    if entry.type == "LayerNormalization" and not layer.rms_scaling:
        axes = [layer.axis] if isinstance(layer.axis, int) else layer.axis
        if 0 in (axis % rank for axis in axes):
            return None
        sizes = [dims[axis] for axis in axes]
        share = 1
    elif entry.type == "GroupNormalization":
        channels, groups = dims[layer.axis], layer.groups
        if layer.axis % rank == 0:
            return None
        sizes = list(dims[1:])
        share = channels if groups == -1 and isinstance(channels, int) else groups
    else:
        return None
    known = [size for size in sizes if isinstance(size, int)]
    return prod(known) // share if share > 0 and len(known) == len(sizes) else None


def normalizes_channels(entry: LayerReport, channels_first: bool = False) -> bool:
    """Whether a batch normalization normalizes each channel of its input separately."""
    layer = entry.layer
    rank = len(entry.input.dims)
    return bool(layer.axis % rank == (1 if channels_first else rank - 1))
