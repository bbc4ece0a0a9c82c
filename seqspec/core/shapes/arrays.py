"""The shapes of arrays that a document writes as nested lists."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from seqspec.core.shapes.dims import Shape, Size


def array_shape(values: object) -> tuple[int, ...] | None:
    """The shape of nested lists as NumPy sees it; None where their lengths differ. A number alone has no axes."""
    if not isinstance(values, list):
        return ()
    shapes = {array_shape(value) for value in values}
    if len(shapes) > 1 or None in shapes:
        return None
    return (len(values), *(shapes.pop() or () if shapes else ()))


def broadcasts_to(shape: tuple[int, ...], target: Sequence[int]) -> bool:
    """Whether an array of `shape` can be repeated along its axes of 1 to fill `target`."""
    return len(shape) <= len(target) and all(
        size in (1, wanted) for size, wanted in zip(reversed(shape), reversed(target))
    )


def broadcast(a: Shape, b: Shape) -> Shape | None:
    """The shape of an element-wise operation on two tensors; None where they cannot go together.

    An unknown size beside one above 1 must turn out to be that; beside 0 or 1 it stays unknown.
    """
    sizes: list[Size] = []
    for x, y in zip_longest(reversed(a), reversed(b), fillvalue=1):
        if x == 1 or (isinstance(y, int) and y > 1 and not isinstance(x, int)):
            sizes.append(y)
        elif y == 1 or x == y or not isinstance(x, int):
            sizes.append(x)
        elif isinstance(y, int):
            return None
        else:
            sizes.append(x if x > 1 else y)
    return tuple(reversed(sizes))
