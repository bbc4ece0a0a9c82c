"""How much the outputs of a layer may differ because of rounding.

The effect of rounding depends on the values: normalizing nearly constant values amplifies it, as do large numbers
that cancel. It is measured by computing the layer again with its input and weights changed by a few units in
the last place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from seqspec.saved_models.layer_classes import is_embedding, masks_values
from seqspec.saved_models.nodes import SavedLayer
from seqspec.saved_models.numpy_layers.layer_table import call_layer
from seqspec.saved_models.numpy_layers.tensor import MaskedTensor
from seqspec.saved_models.packages import np
from seqspec.saved_models.saved_model import Array, WriterVersions


class DtypePrecision(NamedTuple):
    """The precision of a dtype.

    Attributes:
        tolerance: The maximum difference of outputs of well-conditioned layers, relative to the largest output.
        unit: The relative distance between adjacent numbers.
    """

    tolerance: float
    unit: float


_FLOAT32 = DtypePrecision(2e-4, 2.0**-23)
_OF_DTYPE = {"float16": DtypePrecision(2e-2, 2.0**-10), "bfloat16": DtypePrecision(1e-1, 2.0**-7)}


def precision_of(values: Array) -> DtypePrecision:
    """The precision of an array, before it is converted to float64."""
    return _OF_DTYPE.get(str(values.dtype), _FLOAT32)


def difference(expected: Array, actual: Array, mask: Array | None = None) -> Array:
    """The largest difference of each sample, relative to the largest output.

    Values that are masked, not finite, or beyond the range of float32 are left out.
    """
    expected, actual = expected.astype(np.float64), actual.astype(np.float64)
    usable = is_usable(expected) & np.isfinite(actual)
    if mask is not None and mask.shape == expected.shape[:2]:
        usable &= mask.reshape(*mask.shape, *(1,) * (expected.ndim - 2))
    scale = max(1.0, float(np.max(np.abs(expected), where=usable, initial=0.0)))
    distance = np.where(usable, np.abs(np.subtract(expected, actual, where=usable, out=np.zeros_like(actual))), 0.0)
    largest: Array = distance.reshape(len(distance), -1).max(axis=1, initial=0.0) / scale
    return largest


def is_usable(values: Array) -> Array:
    """A mask of the values that float32 can represent."""
    return np.isfinite(values) & (np.abs(values) < 1e30)


_DRAWS = 3
_UNITS = 8
"""The largest random change in units: long sums err by several, and three draws do not find the maximum effect."""


def rounding_effect(
    node: SavedLayer,
    x: MaskedTensor,
    expected: Array,
    generation: WriterVersions,
    precision: DtypePrecision,
    mask: Array | None = None,
) -> Array:
    """How far rounding can move the outputs of each sample, as `difference` measures it."""
    rng = np.random.default_rng(0)
    most = np.zeros(len(expected))
    for _ in range(_DRAWS):
        values = x.values
        if not takes_indices(node):
            values = _perturb(values, rng, precision.unit, _exact_values(node))
        with np.errstate(all="ignore"):
            moved = call_layer(_perturb_weights(node, rng, precision.unit), MaskedTensor(values, x.mask), generation)
        most = np.maximum(most, difference(expected, moved.values, mask))
    return most


def takes_indices(node: SavedLayer) -> bool:
    """Whether the inputs of a layer are indices instead of continuous values."""
    return is_embedding(next((leaf.kind for leaf in node.leaves()), ""))


def _exact_values(node: SavedLayer) -> list[float]:
    """Input values that must be kept exactly."""
    return [leaf.value("mask_value", default=0.0) for leaf in node.leaves() if masks_values(leaf.kind)]


def _perturb(array: Array, rng: np.random.Generator, unit: float, exact: Sequence[float] = ()) -> Array:
    if array.dtype.kind != "f":
        return array
    noise = rng.uniform(-_UNITS * unit, _UNITS * unit, array.shape)
    for value in exact:
        noise[array == value] = 0
    return array.astype(np.float64) * (1 + noise)


def _perturb_weights(node: SavedLayer, rng: np.random.Generator, unit: float) -> SavedLayer:
    return replace(
        node,
        arrays={role: _perturb(array, rng, unit) for role, array in node.arrays.items()},
        children=[_perturb_weights(child, rng, unit) for child in node.children],
    )
