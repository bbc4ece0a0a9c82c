"""How encodings of categories change a shape."""

from __future__ import annotations

from seqspec.core.shapes.dims import Shape, Size


def one_hot_shape(dims: Shape, depth: Size) -> Shape:
    """One vector of `depth` for each element; a last axis of 1 is replaced: (8, 3) → (8, 3, 5), (8, 1) → (8, 5)."""
    return (*(dims[:-1] if len(dims) > 1 and dims[-1] == 1 else dims), depth)


def bag_shape(dims: Shape, depth: Size) -> Shape:
    """One vector of `depth` for the whole last axis: (8, 3) → (8, 5)."""
    return (*dims[:-1], depth)
