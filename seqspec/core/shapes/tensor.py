"""What flows between layers: a tensor's shape and dtype, and the mask that travels with it."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from seqspec.core.shapes.dims import Shape, public, show


class TensorSpec(NamedTuple):
    """A tensor as far as it is known before run time.

    Attributes:
        dims: All sizes, batch size first: integers, and unknown sizes by name or as a formula such as `T-2`.
        dtype: The dtype, as Keras names it.
        mask: The shape of the mask that Keras attaches, batch size first; None if there is none.
        sparse: Whether it is a sparse tensor.
        ragged: Whether it is a ragged tensor.
    """

    dims: Shape
    dtype: str = "float32"
    mask: Shape | None = None
    sparse: bool = False
    ragged: bool = False

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape as in Keras: batch size first, `None` for each unknown size."""
        return public(self.dims)

    @property
    def rank(self) -> int:
        """The number of axes, including the batch axis."""
        return len(self.dims)

    @property
    def sample(self) -> Shape:
        """The shape of one sample: without the batch size."""
        return self.dims[1:]

    def with_dims(self, dims: Shape, dtype: str | None = None) -> TensorSpec:
        """A dense tensor of another shape, without the mask (the stack decides which masks are propagated)."""
        return TensorSpec(dims, dtype or self.dtype)

    def __str__(self) -> str:
        return show(self.dims[1:])


class WeightSpec(NamedTuple):
    """One variable of a layer.

    Attributes:
        name: Its name in Keras's `layer.weights`.
        shape: Its shape.
        dtype: Its dtype, as Keras names it.
        trainable: Whether training updates it.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str = "float32"
    trainable: bool = True

    @property
    def size(self) -> int:
        """The number of parameters."""
        return prod(self.shape)
