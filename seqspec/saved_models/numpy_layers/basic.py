"""Dense, Embedding, activations, and layers that only move or remove values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqspec.core.api.catalog import legacy
from seqspec.core.api.frontends import INPUT
from seqspec.saved_models.nodes import SavedLayer
from seqspec.saved_models.numpy_layers import activations
from seqspec.saved_models.numpy_layers.activations import activation_from_config
from seqspec.saved_models.numpy_layers.tensor import (
    MaskedTensor,
    UnsupportedLayer,
    computes,
    from_channels_last,
    per_axis,
    plus_bias,
    to_channels_last,
)
from seqspec.saved_models.packages import np
from seqspec.saved_models.saved_model import Array, WriterVersions
from seqspec.saved_models.version_fixes.preprocessing import boundaries


@computes(
    INPUT,
    "ActivityRegularization",
    "Identity",
    "RandomFlip",
    "RandomRotation",
    "RandomZoom",
    "RandomTranslation",
    "RandomContrast",
    "RandomBrightness",
)
def identity(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    """The input unchanged, for layers that do nothing at inference."""
    return x


@computes("Dense")
def dense(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    y = x.values @ node.arrays["kernel"].astype(np.float64)
    return MaskedTensor(activation_from_config(node, generation)(plus_bias(node, y)), x.mask)


@computes("EinsumDense")
def einsum_dense(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    y = np.einsum(str(node.value("equation")), x.values, node.arrays["kernel"].astype(np.float64))
    return MaskedTensor(activation_from_config(node, generation)(plus_bias(node, y)))


@computes("MaxoutDense")
def maxout(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    parts = np.einsum("bi,piu->bpu", x.values, node.arrays["kernel"].astype(np.float64))
    return MaskedTensor(plus_bias(node, parts).max(1))


@computes("Activation")
def activation(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    return MaskedTensor(activation_from_config(node, generation)(x.values), x.mask)


@computes("Embedding", "ReversibleEmbedding")
def embedding(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    indices = x.values.astype(np.int64)
    table = node.arrays["embeddings"]
    if indices.min() < 0 or indices.max() >= table.shape[0]:
        raise UnsupportedLayer("indices outside of the table")
    return MaskedTensor(table[indices].astype(np.float64), indices != 0 if node.value("mask_zero") else None)


@computes("Masking")
def masking(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    mask = (x.values != node.value("mask_value", default=0.0)).any(axis=-1)
    return MaskedTensor(x.values * mask[..., None], mask)


@computes("LeakyReLU")
def leaky_relu(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    slope = _number(node.value("negative_slope", default=0.3))
    return MaskedTensor(np.where(x.values > 0, x.values, slope * x.values), x.mask)


@computes("ReLU")
def relu(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    most = node.value("max_value")
    slope, least = (_number(node.value(name, default=0)) for name in ("negative_slope", "threshold"))
    y = np.where(x.values >= least, x.values, slope * (x.values - least))
    y = y if most is None else np.minimum(y, _number(most))
    return MaskedTensor(y, None if generation.relu_drops_mask else x.mask)


@computes("ThresholdedReLU")
def thresholded(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    return MaskedTensor(np.where(x.values > _number(node.value("theta", default=1.0)), x.values, 0), x.mask)


@computes("ELU")
def elu(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    return MaskedTensor(activations.elu(x.values, _number(node.value("alpha", default=1.0))), x.mask)


@computes("PReLU")
def prelu(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    return MaskedTensor(np.where(x.values > 0, x.values, node.arrays["alpha"] * x.values), x.mask)


@computes("Softmax")
def softmax(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    axis = node.value("axis", default=-1)
    if not isinstance(axis, int) or (x.mask is not None and generation.masks_softmax):
        raise UnsupportedLayer("Softmax with a mask or several axes")
    return MaskedTensor(activations.softmax(x.values, axis), x.mask)


def _number(value: object) -> float:
    """A number, which Keras 2 sometimes saves as a serialized array."""
    if isinstance(value, dict):
        value = value.get(
            "value", value.get("config", {}).get("value") if isinstance(value.get("config"), dict) else None
        )
    if not isinstance(value, (int, float)):
        raise UnsupportedLayer(f"an argument of the value {value!r}")
    return float(value)


@computes("Rescaling")
def rescaling(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    scale, offset = np.asarray(node.value("scale")), np.asarray(node.value("offset", default=0.0))
    if scale.dtype.kind not in "if" or offset.dtype.kind not in "if":
        raise UnsupportedLayer("Rescaling by something other than numbers")
    return MaskedTensor(x.values * scale + offset, x.mask if generation.keras >= 3 else None)


@computes("Flatten")
def flatten(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    values = to_channels_last(x.values, node.has_channels_first and x.values.ndim > 2)
    return MaskedTensor(values.reshape(len(values), -1))


@computes("Reshape")
def reshape(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    return MaskedTensor(x.values.reshape(len(x.values), *node.value("target_shape")))


@computes("Permute")
def permute(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    return MaskedTensor(x.values.transpose(0, *node.value("dims")))


@computes("RepeatVector")
def repeat(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    return MaskedTensor(np.repeat(x.values[:, None], int(node.value("n")), axis=1))


def _pairs(value: Any, count: int) -> list[tuple[int, int]]:
    """The margins before and after each axis, from any accepted form."""
    value = legacy.margins(value, count)
    if count == 1 and isinstance(value, (list, tuple)) and not isinstance(value[0], (list, tuple)):
        return [(int(value[0]), int(value[-1]))]
    if not isinstance(value, (list, tuple)):
        return [(int(value), int(value))] * count
    if len(value) != count:
        raise UnsupportedLayer(f"margins {value}")
    return [(int(part[0]), int(part[1])) if isinstance(part, (list, tuple)) else (int(part),) * 2 for part in value]


@computes("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D")
def zero_padding(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    first = node.has_channels_first
    values = to_channels_last(x.values, first)
    margins = _pairs(node.value("padding"), values.ndim - 2)
    return MaskedTensor(from_channels_last(np.pad(values, [(0, 0), *margins, (0, 0)]), first))


@computes("Cropping1D", "Cropping2D", "Cropping3D")
def cropping(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    first = node.has_channels_first
    values = to_channels_last(x.values, first)
    margins = _pairs(node.value("cropping"), values.ndim - 2)
    index = [slice(before, length - after) for (before, after), length in zip(margins, values.shape[1:])]
    return MaskedTensor(from_channels_last(values[(slice(None), *index)], first))


@computes("UpSampling1D", "UpSampling2D", "UpSampling3D")
def up_sampling(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    interpolation = node.value("interpolation", default="nearest")
    if interpolation not in ("nearest", "bilinear"):
        raise UnsupportedLayer(f"UpSampling2D with interpolation {interpolation}")
    first = node.has_channels_first
    values = to_channels_last(x.values, first)
    sizes: Sequence[int] = per_axis(node.value("size"), values.ndim - 2)
    for axis, size in enumerate(sizes, 1):
        if interpolation == "nearest":
            values = np.repeat(values, size, axis=axis)
        else:
            values = _interpolated(values, size, axis)
    return MaskedTensor(from_channels_last(values, first))


def _interpolated(values: Array, size: int, axis: int) -> Array:
    """Linear interpolation between pixel centers."""
    length = values.shape[axis]
    places = np.clip((np.arange(length * size) + 0.5) / size - 0.5, 0, length - 1)
    below = np.floor(places).astype(int)
    share = (places - below).reshape(-1, *(1,) * (values.ndim - 1 - axis))
    above = np.minimum(below + 1, length - 1)
    y: Array = np.take(values, below, axis) * (1 - share) + np.take(values, above, axis) * share
    return y


@computes("CenterCrop")
def center_crop(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    height, width = int(node.value("height")), int(node.value("width"))
    values = x.values
    if node.has_channels_first or values.ndim != 4 or values.shape[1] < height or values.shape[2] < width:
        raise UnsupportedLayer("CenterCrop that resizes")
    top, left = (values.shape[1] - height) // 2, (values.shape[2] - width) // 2
    return MaskedTensor(values[:, top : top + height, left : left + width])


@computes("Discretization")
def discretization(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    bins, bounds = (node.config.get(key) for key in ("bins", "bin_boundaries"))
    if bins is not None and not bounds:
        return MaskedTensor(np.digitize(x.values.astype(np.float32), np.asarray(bins, np.float32), right=True), x.mask)
    if bounds is None and "summary" in node.arrays:
        bounds = boundaries(node.arrays["summary"], node.value("num_bins"))
    if bounds is None or node.value("output_mode", default="int") != "int":
        raise UnsupportedLayer("Discretization without boundaries, or with vectors as output")
    return MaskedTensor(np.digitize(x.values, bounds), x.mask)
