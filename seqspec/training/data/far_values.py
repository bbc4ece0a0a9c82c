"""When a value is far from all others, and which numbers, such as -999, usually mean a missing one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from seqspec.training.data.stored import Array

_FAR = 2
"""How many times the width of a range a value is outside of it to be far from it."""
MIN_DISTINCT = 10
"""Different values from which the range of the others says something."""
_MIN_ROWS = 50
"""Rows from which 1 % of them are not the farthest one."""
_MIN_SENTINELS, _SHARE_LOW, _SHARE_HIGH = 5, 0.003, 0.01
"""The rows, and their share, from which a number at the low or the high end may mean a missing one."""
_MAX_INTEGER = 10**12
_ISOLATED = 3
"""How many times the widest gap between the smaller ones of the others an isolated number is from them."""
_LIMITS = (-(2**15), 2**15 - 1, 2**16 - 1, -(2**31), 2**31 - 1)
"""Limits of integers. These and numbers of nines usually mean a missing number."""
_MARKS = (-9999.0, -999.0, -99.0, -9.0, 9999.0, 99999.0)
"""Numbers of nines that are rarely a count: they usually mean a missing number among few distinct numbers too."""
_MIN_OTHERS, _SHARE = 2, 0.01
"""A mark is one only among more distinct numbers than this, and in a larger share of the rows."""
SENTINEL_HELP = "if it means a missing value, leave these cells empty"


def far_bounds(low: Array | float, high: Array | float, widths: float = _FAR) -> tuple[Array, Array]:
    """The smallest and the largest value that are not far from a range; one without width counts as wide as its value.

    Of logarithms, a width of the range is enough.
    """
    low, high = np.asarray(low), np.asarray(high)
    distance = widths * np.where(high > low, high - low, np.maximum(np.abs(high), 1))
    return low - distance, high + distance


class Distinct(NamedTuple):
    """The distinct numbers, ascending, and the rows of each."""

    values: Array
    counts: Array

    @classmethod
    def of(cls, values: Array) -> Distinct:
        """Those of numbers of which some are missing or infinite."""
        return cls(*np.unique(values[np.isfinite(values)], return_counts=True))

    def without(self, value: float) -> Distinct:
        """The other numbers."""
        kept = self.values != value
        return Distinct(self.values[kept], self.counts[kept])

    def rows_of(self, value: float) -> int:
        """The rows of a number."""
        return int(self.counts[self.values == value].sum())


def shown_number(value: float) -> str:
    """An integer with all of its digits, another number with six."""
    return f"{value:.0f}" if value == round(value) and abs(value) < _MAX_INTEGER else f"{value:.6g}"


def sentinel_of(numbers: Distinct, share: float = _SHARE) -> float | None:
    """A number such as -999 in more than this share of the rows, or an isolated one in several rows."""
    total = numbers.counts.sum()
    for mark in _MARKS if len(numbers.values) > _MIN_OTHERS else ():
        if numbers.rows_of(mark) <= share * total:
            continue
        rest = numbers.without(mark).values
        low, high = far_bounds(rest.min(), rest.max())
        if not low <= mark <= high or mark < 0 <= rest.min():
            return mark
    return isolated_sentinel(numbers)


def isolated_sentinel(numbers: Distinct) -> float | None:
    """A number in several rows that is isolated from all others, such as one that means a missing value; never 0."""
    if len(numbers.values) <= MIN_DISTINCT:
        return None
    total = int(numbers.counts.sum())
    for place, share in ((0, _SHARE_LOW), (-1, _SHARE_HIGH)):
        value, rows = float(numbers.values[place]), int(numbers.counts[place])
        least = 2 if _is_usual(value) else max(_MIN_SENTINELS, share * total)
        rest = numbers.without(value)
        if value and rows >= least and _is_isolated(value, rest):
            return value
    return None


def _is_usual(value: float) -> bool:
    """Whether a number is one of those that usually mean a missing one: of nines, or a limit of integers."""
    digits = f"{abs(value):.6f}".rstrip("0").replace(".", "")
    return (len(digits) > 1 and set(digits) == {"9"}) or any(np.isclose(value, limit, rtol=1e-7) for limit in _LIMITS)


def _is_isolated(value: float, rest: Distinct) -> bool:
    low, high = far_bounds(rest.values[0], rest.values[-1])
    if not low <= value <= high:
        return True
    if not value < 0 <= rest.values[0]:
        return False
    gaps = np.diff(rest.values[: _quantile(rest, 0.5) + 1])
    return bool(rest.values[0] - value > _ISOLATED * gaps.max(initial=0) and len(gaps) > 1)


def _quantile(numbers: Distinct, share: float) -> int:
    """The place of the number that this share of the rows does not exceed."""
    reached = np.cumsum(numbers.counts)
    return int(min(np.searchsorted(reached, share * reached[-1]), len(reached) - 1))


def usual_range(numbers: Distinct) -> tuple[float, float] | None:
    """The smallest and the largest number without the few that are far from all others; None without any of these.

    They are far of a long tail too: where it is a power, the largest is as many times farther from the median than 1 %
    as these from a quarter of the numbers.
    """
    if len(numbers.values) <= MIN_DISTINCT or numbers.counts.sum() < _MIN_ROWS:
        return None
    shares = (0.01, 0.25, 0.5, 0.75, 0.99)
    lowest, lower, middle, upper, highest = (float(numbers.values[_quantile(numbers, share)]) for share in shares)
    if not lower < middle < upper:
        return None
    low, high = far_bounds(lowest, highest)
    below, above = middle - lowest, highest - middle
    least = min(float(low), middle - below * (below / (middle - lower)) ** 2)
    most = max(float(high), middle + above * (above / (upper - middle)) ** 2)
    kept = numbers.values[(numbers.values >= least) & (numbers.values <= most)]
    return None if len(kept) == len(numbers.values) else (float(kept[0]), float(kept[-1]))
