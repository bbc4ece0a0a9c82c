"""The shapes of arrays that a document writes as nested lists."""

from __future__ import annotations

from collections.abc import Sequence


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
