"""Pooling layers."""

from __future__ import annotations

from typing import Any

from seqspec.saved_models.layer_classes import is_maximum
from seqspec.saved_models.nodes import SavedLayer
from seqspec.saved_models.numpy_layers.convolution import pad, padding_of, windows
from seqspec.saved_models.numpy_layers.tensor import (
    MaskedTensor,
    UnsupportedLayer,
    computes,
    from_channels_last,
    per_axis,
    spatial_axes,
    to_channels_last,
)
from seqspec.saved_models.packages import np
from seqspec.saved_models.saved_model import WriterVersions


@computes(
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
)
def pooling(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    first = node.has_channels_first
    values = to_channels_last(x.values, first)
    count = values.ndim - 2
    sizes = per_axis(node.value("pool_size"), count)
    strides = per_axis(node.value("strides") or sizes, count)
    mode = padding_of(node)
    if generation.backend == "theano" and mode == "same":
        raise UnsupportedLayer("pooling of Theano with padding same")
    ones = (1,) * count
    largest = is_maximum(node.kind)
    margin = pad(values, sizes, strides, mode, generation, -np.inf if largest else 0)
    parts = [part for _, part in windows(margin, sizes, strides, ones)]
    if largest:
        y = np.max(parts, axis=0)
    else:
        inside = pad(np.ones_like(values), sizes, strides, mode, generation)
        y = np.sum(parts, axis=0) / np.sum([part for _, part in windows(inside, sizes, strides, ones)], axis=0)
    return MaskedTensor(from_channels_last(y, first))


@computes(
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
)
def global_pooling(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    values = x.values
    axes = spatial_axes(node, values.ndim, node.has_channels_first)
    keep = bool(node.value("keepdims", default=False))
    if not is_maximum(node.kind) and x.mask is not None and values.ndim == 3:
        if generation.keras < 3 and not _averages_masked(generation):
            raise UnsupportedLayer("an average over masked steps")
        weights = x.mask[..., None].astype(values.dtype)
        return MaskedTensor((values * weights).sum(axes, keepdims=keep) / weights.sum(axes, keepdims=keep))
    reduce: Any = np.max if is_maximum(node.kind) else np.mean
    return MaskedTensor(reduce(values, axis=axes, keepdims=keep))


def _averages_masked(generation: WriterVersions) -> bool:
    """Whether GlobalAveragePooling1D excludes masked steps, as it does since Keras 2.2."""
    return not generation.version.startswith(("2.0.", "2.1.")) and generation.keras >= 2
