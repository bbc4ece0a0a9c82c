"""The types that the implementations of layers use, and the error that they raise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from seqspec.saved_models.nodes import SavedLayer
from seqspec.saved_models.saved_model import Array, WriterVersions


class UnsupportedLayer(Exception):
    """A layer that is not implemented in NumPy; the message names it."""


class MaskedTensor(NamedTuple):
    """Values with their mask, batch first."""

    values: Array
    mask: Array | None = None


LayerFunction = Callable[[SavedLayer, MaskedTensor, WriterVersions], MaskedTensor]

LAYER_FUNCTIONS: dict[str, LayerFunction] = {}
"""The implementations by the class of the file, or by the class of Keras 3 that replaces it."""


F = TypeVar("F", bound=LayerFunction)


def computes(*kinds: str) -> Callable[[F], F]:
    """Declares that a function is the implementation of classes of layers."""

    def decorate(function: F) -> F:
        LAYER_FUNCTIONS.update(dict.fromkeys(kinds, function))
        return function

    return decorate


def spatial_axes(node: SavedLayer, rank: int, first: bool) -> tuple[int, ...]:
    """The spatial axes of a tensor of this rank."""
    return tuple(range(2, rank)) if first else tuple(range(1, rank - 1))


def per_axis(value: Any, count: int) -> tuple[int, ...]:
    """A number or a list of them as one number per axis."""
    if isinstance(value, (list, tuple)):
        if len(value) != count:
            raise UnsupportedLayer(f"{count} sizes are needed, got {value}")
        return tuple(int(size) for size in value)
    return (int(value),) * count


def to_channels_last(values: Array, first: bool) -> Array:
    """A tensor with its channels on the last axis."""
    return values.transpose(0, *range(2, values.ndim), 1) if first else values


def from_channels_last(values: Array, first: bool) -> Array:
    """The inverse of `to_channels_last`."""
    return values.transpose(0, values.ndim - 1, *range(1, values.ndim - 1)) if first else values


def plus_bias(node: SavedLayer, y: Array) -> Array:
    """The outputs of a layer with its bias, if it has one."""
    return y + node.arrays["bias"] if "bias" in node.arrays else y
