"""One size of a shape: a whole number, or a `Dim` that stands for a size unknown until data arrives.

A `Dim` carries the author's name through arithmetic, so that a convolution over `T` gives `T-2` and a pooling layer
`T//2`. Formulas are written once, with the ordinary operators, for both kinds of size; only comparisons need to ask
`isinstance(size, int)` first, because nothing can be said of an unknown size until it is known.
"""

from __future__ import annotations

from collections.abc import Iterable

UNNAMED = "?"


class Dim:
    """An unknown size: what it is called, and what was added to it.

    `base` is the text of everything but the last constant term, kept apart so that `T-2-2` prints as `T-4`.
    """

    __slots__ = ("base", "offset")

    def __init__(self, base: str = UNNAMED, offset: int = 0) -> None:
        self.base = base
        self.offset = 0 if base == UNNAMED else offset

    def __str__(self) -> str:
        return f"{self.base}{self.offset:+d}" if self.offset else self.base

    def __repr__(self) -> str:
        return f"Dim({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        # Two unnamed sizes may differ, so they are never known to be equal.
        return (
            isinstance(other, Dim) and self.base != UNNAMED and (self.base, self.offset) == (other.base, other.offset)
        )

    def __hash__(self) -> int:
        return hash((self.base, self.offset))

    def _factor(self) -> str:
        return f"({self})" if self.offset or any(c in self.base for c in "+-/*") else self.base

    def __add__(self, other: Size) -> Dim:
        if isinstance(other, int):
            return Dim(self.base, self.offset + other)
        if UNNAMED in (self.base, other.base):
            return Dim()
        return Dim(f"{self.base}+{other.base}", self.offset + other.offset)

    __radd__ = __add__

    def __sub__(self, other: int) -> Dim:
        return Dim(self.base, self.offset - other)

    def __mul__(self, other: Size) -> Size:
        if isinstance(other, int):
            if other in (0, 1):
                return self if other else 0
            return Dim() if self.base == UNNAMED else Dim(f"{self._factor()}*{other}")
        if UNNAMED in (self.base, other.base):
            return Dim()
        return Dim(f"{self._factor()}*{other._factor()}")

    __rmul__ = __mul__

    def __floordiv__(self, other: int) -> Dim:
        if other == 1:
            return self
        return Dim() if self.base == UNNAMED else Dim(f"{self._factor()}//{other}")

    def __mod__(self, other: int) -> Dim:
        return Dim() if self.base == UNNAMED else Dim(f"{self._factor()}%{other}")


Size = int | Dim
Shape = tuple[Size, ...]

BATCH = Dim("batch")


def product(sizes: Iterable[Size]) -> Size:
    """The number of elements of a shape; 1 for the empty one."""
    total: Size = 1
    for size in sizes:
        total = total * size
    return total


def ceil_div(size: Size, divisor: int) -> Size:
    """`size / divisor` rounded up."""
    return size if divisor == 1 else (size + (divisor - 1)) // divisor


def all_known(sizes: Iterable[Size]) -> bool:
    """Whether every size is a number."""
    return all(isinstance(size, int) for size in sizes)


def public(shape: Shape) -> tuple[int | None, ...]:
    """The shape as Keras prints it: `None` for an unknown size."""
    return tuple(size if isinstance(size, int) else None for size in shape)


def show(shape: Shape) -> str:
    """The shape as messages print it: `(28, 28, 1)`, `(T, 64)`, `(10,)` without its comma."""
    return f"({', '.join(map(str, shape))})"
