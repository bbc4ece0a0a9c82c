"""Normalizations, as they are at inference."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.saved_models.nodes import SavedLayer
from seqspec.saved_models.numpy_layers.tensor import MaskedTensor, UnsupportedLayer, computes
from seqspec.saved_models.packages import np
from seqspec.saved_models.saved_model import Array, WriterVersions
from seqspec.saved_models.version_fixes import older_layers


def _axes(node: SavedLayer, rank: int) -> list[int]:
    axis = node.value("axis", default=-1)
    axes = list(axis) if isinstance(axis, (list, tuple)) else [axis]
    if not all(isinstance(one, int) for one in axes):
        raise UnsupportedLayer(f"{node.kind} with axis = {axis}")
    return [one % rank for one in axes]


def _shaped(array: Array, axes: list[int], shape: Sequence[int | None]) -> Array:
    return array.reshape([size or 0 if axis in axes else 1 for axis, size in enumerate(shape)])


@computes("BatchNormalization")
def batch_normalization(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    values = x.values
    axes = _axes(node, values.ndim)
    if node.value("mode", default=0) == 1:
        return MaskedTensor(older_layers.samplewise_normalization(node, values), x.mask)

    def array(role: str, default: float) -> Array | float:
        stored = node.arrays.get(role)
        return default if stored is None else _shaped(stored.astype(np.float64), axes, values.shape)

    scale = array("gamma", 1.0) / np.sqrt(array("moving_variance", 1.0) + node.value("epsilon", default=1e-3))
    return MaskedTensor((values - array("moving_mean", 0.0)) * scale + array("beta", 0.0), x.mask)


@computes("LayerNormalization")
def layer_normalization(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    if node.value("rms_scaling"):
        raise UnsupportedLayer("LayerNormalization with rms_scaling")
    values = x.values
    axes = _axes(node, values.ndim)
    mean = values.mean(tuple(axes), keepdims=True)
    variance = values.var(tuple(axes), keepdims=True)
    y = (values - mean) / np.sqrt(variance + node.value("epsilon", default=1e-3))
    for role in ("gamma", "beta"):
        if role in node.arrays:
            array = _shaped(node.arrays[role], axes, values.shape)
            y = y * array if role == "gamma" else y + array
    return MaskedTensor(y, x.mask)


@computes("Normalization")
def normalization(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    if "mean" not in node.arrays or node.value("invert"):
        raise UnsupportedLayer("Normalization without statistics of its own")
    axis = node.value("axis", default=-1)
    # Keras surprise: the statistics have the rank for which the layer was built, which may differ from the input's.
    shape = node.built_shape or x.values.shape
    axes = [] if axis is None or axis == [] else _axes(node, len(shape))
    mean, variance = (_shaped(node.arrays[role].astype(np.float64), axes, shape) for role in ("mean", "variance"))
    y = (x.values - mean) / np.maximum(np.sqrt(variance), 1e-7)
    return MaskedTensor(y, x.mask if generation.keras >= 3 else None)
