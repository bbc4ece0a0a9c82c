"""Ranges of values."""

from math import inf, isfinite
from typing import Any, NamedTuple, TypeVar

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
