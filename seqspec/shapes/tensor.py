"""What flows between layers: a tensor's shape and dtype, and the mask that travels with it."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from seqspec.shapes.dims import Shape, public, show


class TensorSpec(NamedTuple):
    """A tensor as far as it is known before run time.

    `dims` holds every size, batch first, unknown sizes by name; `shape` is the same with `None` for the unknown ones,
    as in Keras. `mask` is the shape of the mask that Keras attaches (batch first), or None where there is none.
    """

    dims: Shape
    dtype: str = "float32"
    mask: Shape | None = None
    sparse: bool = False
    ragged: bool = False

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape with the batch first and `None` for every unknown size."""
        return public(self.dims)

    @property
    def rank(self) -> int:
        """The number of axes, the batch included."""
        return len(self.dims)

    @property
    def sample(self) -> Shape:
        """The shape of one sample: without the batch."""
        return self.dims[1:]

    def with_dims(self, dims: Shape, dtype: str | None = None) -> TensorSpec:
        """A dense tensor of another shape, without the mask (the stack decides which masks are propagated)."""
        return TensorSpec(dims, dtype or self.dtype)

    def __str__(self) -> str:
        return show(self.dims[1:])


class WeightSpec(NamedTuple):
    """One variable of a layer: name and shape as in `layer.weights`."""

    name: str
    shape: tuple[int, ...]
    dtype: str = "float32"
    trainable: bool = True

    @property
    def size(self) -> int:
        """The number of parameters."""
        return prod(self.shape)
