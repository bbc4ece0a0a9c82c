"""What flows between layers: the shape, dtype, mask and value range of a tensor, and sizes unknown until run time.

A `Dim` carries the author's name through arithmetic, so that a convolution over `T` returns `T-2` and a pooling layer
`T//2`. Formulas are written once, with the ordinary operators, for both kinds of size; only comparisons need to ask
`isinstance(size, int)` first, because an unknown size cannot be compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, isfinite, prod
from typing import Any, NamedTuple, TypeVar

from seqspec.core.diagnostics.message import Message, fmt, join

UNNAMED = "?"

MAX_BITS = 200
"""No size of more bits is worked with: it could not be printed any more after a few products."""

_MAX_FORMULA_LENGTH = 300
"""A longer formula is not readable."""


class Dim:
    """An unknown size `base * factor + offset`, kept in this form so that `T-2-2` prints as `T-4`.

    `divided` is the (dividend, divisor) of a base that is a quotient: quotients of quotients are one quotient. A
    formula that has grown beyond all reason is an unknown size without a name.
    """

    __slots__ = ("base", "divided", "factor", "offset")

    def __init__(
        self, base: str = UNNAMED, offset: int = 0, factor: int = 1, divided: tuple[Dim, int] | None = None
    ) -> None:
        unnamed = (
            base == UNNAMED
            or len(base) > _MAX_FORMULA_LENGTH
            or factor.bit_length() > MAX_BITS
            or offset.bit_length() > MAX_BITS
        )
        self.base = UNNAMED if unnamed else base
        self.offset = 0 if unnamed else offset
        self.factor = 1 if unnamed else factor
        self.divided = None if unnamed else divided

    def __str__(self) -> str:
        scaled = self.base if self.factor == 1 else f"{_term(self.base)}*{self.factor}"
        return f"{scaled}{self.offset:+d}" if self.offset else scaled

    def __repr__(self) -> str:
        return f"Dim({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        # Two unnamed sizes may differ, so they are never known to be equal.
        return isinstance(other, Dim) and self.base != UNNAMED and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[str, int, int]:
        return (self.base, self.factor, self.offset)

    def __add__(self, other: Size) -> Size:
        if isinstance(other, int):
            return Dim(self.base, self.offset + other, self.factor, self.divided)
        if UNNAMED in (self.base, other.base):
            return Dim()
        offset = self.offset + other.offset
        if self.base == other.base:
            factor = self.factor + other.factor
            return Dim(self.base, offset, factor, self.divided) if factor else offset
        return Dim(f"{self - self.offset}+{other - other.offset}", offset)

    __radd__ = __add__

    def __sub__(self, other: Size) -> Size:
        return self + other * -1

    def __rsub__(self, other: int) -> Size:
        return self * -1 + other

    def __mul__(self, other: Size) -> Size:
        if isinstance(other, int):
            return Dim(self.base, self.offset * other, self.factor * other, self.divided) if other else 0
        if UNNAMED in (self.base, other.base):
            return Dim()
        if self.offset or other.offset:
            return Dim(f"{self._operand()}*{other._operand()}")
        return Dim(f"{_term(self.base)}*{_term(other.base)}", factor=self.factor * other.factor)

    __rmul__ = __mul__

    def __floordiv__(self, other: int) -> Size:
        if other == 1 or self.base == UNNAMED:
            return self if other == 1 else Dim()
        if self.factor % other == 0:
            return Dim(self.base, self.offset // other, self.factor // other, self.divided)
        if self.divided is not None and self.factor == 1:
            dividend, divisor = self.divided
            inner = dividend + self.offset * divisor
            assert isinstance(inner, Dim)
            return inner._quotient(divisor * other)
        return self._quotient(other)

    def _quotient(self, divisor: int) -> Dim:
        return Dim(f"{self._operand()}//{divisor}", divided=(self, divisor))

    def __mod__(self, other: int) -> Size:
        if self.base == UNNAMED:
            return Dim()
        return Dim(f"{self._operand()}%{other}")

    def _operand(self) -> str:
        text = str(self)
        return text if text.isidentifier() else f"({text})"


def _term(base: str) -> str:
    """The text as a term of a product, in parentheses if it has a top-level operator of lower precedence."""
    level = 0
    for char in base:
        level += (char == "(") - (char == ")")
        if not level and char in "+-/%":
            return f"({base})"
    return base


Size = int | Dim
Shape = tuple[Size, ...]

BATCH = Dim("batch")


def product(sizes: Iterable[Size]) -> Size:
    """The number of elements of a shape; 1 for the empty one."""
    return prod(sizes)


def total(sizes: Iterable[Size | None]) -> Size | None:
    """The sum of sizes; None where one of them is unknown altogether."""
    result: Size = 0
    for size in sizes:
        if size is None:
            return None
        result = result + size
    return result


def plain_size(size: Size | None) -> int | str | None:
    """A number, or the formula of an unknown size as text."""
    return str(size) if isinstance(size, Dim) else size


def ceil_div(size: Size, divisor: int) -> Size:
    """`size / divisor` rounded up."""
    return size if divisor == 1 else (size + (divisor - 1)) // divisor


def all_known(sizes: Iterable[Size]) -> bool:
    """Whether every size is a number."""
    return all(isinstance(size, int) for size in sizes)


def has_elements(sizes: Iterable[Size]) -> bool:
    """Whether every size is a number above zero."""
    count = prod(sizes)
    return isinstance(count, int) and count > 0


def public(shape: Shape) -> tuple[int | None, ...]:
    """The shape as Keras prints it: `None` for an unknown size."""
    return tuple(size if isinstance(size, int) else None for size in shape)


def show(shape: Shape) -> Message:
    """The shape as messages print it: `(28, 28, 1)`, `(T, 64)`, `(10,)` without its comma."""
    sizes = [*shape[:8], "…", *shape[-2:]] if len(shape) > 12 else shape
    return fmt("({})", join(", ", sizes))


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


_Values = TypeVar("_Values", list[float], tuple[Any, ...])


class Interval(NamedTuple):
    """A value range.

    `is_attained` means that values come close to both bounds, as in declared ranges and images of bytes; a dtype alone
    only limits what is possible.
    """

    low: float
    high: float
    is_attained: bool = False

    @property
    def size(self) -> float:
        """The maximum absolute value."""
        return max(abs(self.low), abs(self.high))

    def __str__(self) -> str:
        return f"[{_number(self.low)}, {_number(self.high)}]"


def _number(value: float) -> str:
    if value in (inf, -inf):
        return "-inf" if value < 0 else "inf"
    return f"{value:.3g}" if abs(value) < 1000 and value != int(value) else f"{value:.0f}"


def scaled(x: Interval, factors: list[float], terms: list[float]) -> Interval | None:
    """`x * factor + term`, over all pairs of them; one factor or term is paired with all others."""
    if len(factors) != len(terms) and 1 not in (len(factors), len(terms)):
        return None
    count = max(len(factors), len(terms))
    ends: list[float] = []
    try:
        for factor, term in zip(repeated(factors, count), repeated(terms, count)):
            ends += [x.low * factor + term, x.high * factor + term]
    except OverflowError:
        return None
    return Interval(min(ends), max(ends), x.is_attained) if ends and all(map(isfinite, ends)) else None


def repeated(values: _Values, count: int) -> _Values:
    """A single value `count` times; several values as they are."""
    return values * count if len(values) == 1 else values


def flat_numbers(values: object) -> list[float]:
    """The numbers in nested lists."""
    if isinstance(values, list):
        return [number for value in values for number in flat_numbers(value)]
    assert isinstance(values, (int, float))
    return [values]
