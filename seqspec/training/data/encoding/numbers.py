"""The kind `number`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seqspec.core.api.data import NumberColumn
from seqspec.training.data.encoding.base import (
    EPSILON,
    ColumnCodec,
    ColumnReader,
    ScalarEncoding,
    TrainingColumn,
    moments,
    standardized,
)
from seqspec.training.data.encoding.values import factor, is_missing_word
from seqspec.training.data.far_values import far_bounds
from seqspec.training.data.stored import Array
from seqspec.training.data.tables.cells import as_numbers, rounded_integers
from seqspec.training.data.tables.number_text import NumberText

if TYPE_CHECKING:
    from seqspec.training.data.shards import Column

SEGMENTS = 32
"""Segments of the scale "quantile"."""
_FINE = 1e-5
"""The step of float32 that does not matter, as a share of the range of a column."""
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?inf(inity)?", re.IGNORECASE)


class NumberReader(ColumnReader):
    """Numbers as float32, NaN where one is missing.

    Args:
        unit: That of the column.
        decimal: The decimal mark of the source.

    Attributes:
        rounded: The number of integers that float32 rounds.
        low: The smallest finite number.
        high: The largest one.
    """

    fields = (np.float32,)

    def __init__(self, unit: str | None = None, decimal: str | None = None) -> None:
        super().__init__()
        self._has_unit, self._text = unit is not None, NumberText(decimal, unit)
        self.rounded = 0
        self.low, self.high = np.inf, -np.inf

    @property
    def loses_digits(self) -> bool:
        """Whether float32 makes numbers equal that differ, as long identifiers do."""
        if not self.rounded:
            return False
        step = np.spacing(np.float32(max(abs(self.low), abs(self.high))))
        return bool(step > _FINE * (self.high - self.low))

    def read(self, column: Column, start: int) -> Sequence[Array]:
        exact = self._numbers(column, start)
        with np.errstate(over="ignore"):
            # Adding 0 makes -0.0 and 0.0 the same value.
            short = exact.astype(np.float32) + np.float32(0)
        self.rounded += rounded_integers(exact, short)
        finite = exact[np.isfinite(exact)]
        self.low, self.high = finite.min(initial=self.low), finite.max(initial=self.high)
        return [short]

    def _numbers(self, column: Column, start: int) -> Array:
        if self._has_unit:
            column = self._text.plain(column)
        if not isinstance(column, list):
            import pyarrow as pa

            if not pa.types.is_nested(column.type) and not pa.types.is_temporal(column.type):
                try:
                    return as_numbers(column.cast(pa.float64()))
                except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                    # Some of the texts are not numbers, or mean that a value is missing.
                    pass
        factored = factor(column)
        numbers, bad = np.full(len(factored.values) + 1, np.nan), []
        for index, value in enumerate(factored.values):
            try:
                numbers[index] = number_of(self._text.plain_text(value) if isinstance(value, str) else value)
            except ValueError:
                bad.append(index)
        self.invalid.add(factored, bad, start)
        # The last place is the one of a missing value, whose code is -1.
        return numbers[factored.codes]


def number_of(value: object) -> float:
    """A value as a number, NaN if it is missing; raises `ValueError`."""
    if isinstance(value, (bool, int, float)):
        try:
            return float(value)
        except OverflowError:
            return np.inf
    if is_missing_word(value):
        return np.nan
    if isinstance(value, str) and _NUMBER.fullmatch(text := value.strip()):
        return float(text)
    if type(value).__name__ == "Decimal":
        return float(str(value))
    raise ValueError(value)


@dataclass(frozen=True)
class NumberEncoding(ScalarEncoding):
    """See the docstring of the package.

    Attributes:
        scale: The `scale` of the column.
        clip: Minimum and maximum, or None.
        mean: Subtracted by the scales standard, log and min_max; by min_max the minimum.
        variance: Its square root divides; for min_max the square of the range.
        knots: The lower ends of the segments of the scale quantile.
        widths: Their widths.
        low: The smallest training value that is finite; None where there is none, or in runs of earlier versions.
        high: The largest.
    """

    kind = "number"

    scale: str
    clip: list[float] | None
    mean: float = 0.0
    variance: float = 1.0
    knots: list[float] | None = None
    widths: list[float] | None = None
    low: float | None = None
    high: float | None = None

    def is_far(self, x: Array) -> Array:
        """Which values are far from the training range."""
        if self.low is None or self.high is None or self.clip is not None:
            return np.zeros(len(x), bool)
        low, high = far_bounds(self.low, self.high)
        if self.scale == "log":
            x, ends = logarithm(x), logarithm(np.array([self.low, self.high]))
            low, high = far_bounds(ends[0], ends[1], widths=1)
        return np.asarray((x < low) | (x > high))

    @property
    def typical(self) -> float | None:
        """A number in the middle of the training values; None where it is not known."""
        if self.scale == "standard":
            return self.mean
        if self.scale == "log":
            return float(np.sign(self.mean) * np.expm1(abs(self.mean)))
        if self.knots is not None:
            return self.knots[SEGMENTS // 2]
        return None if self.low is None or self.high is None else (self.low + self.high) / 2

    def numbers(self, x: Array) -> Array:
        return clipped(x, self.clip)

    def scaled(self, x: Array) -> Array:
        match self.scale:
            case "none":
                return x
            case "quantile":
                assert self.knots is not None and self.widths is not None
                total = np.zeros(len(x), np.float32)
                for knot, width in zip(self.knots, self.widths):
                    total += np.clip((x - np.float32(knot)) / np.maximum(np.float32(width), EPSILON), 0, 1)
                return total / np.float32(SEGMENTS)
            case "log":
                x = logarithm(x)
        return standardized(x, self.mean, self.variance)


def clipped(x: Array, clip: Sequence[float] | None) -> Array:
    """The values within the limits; NaN remains."""
    return x if clip is None else np.clip(x, np.float32(clip[0]), np.float32(clip[1]))


def logarithm(x: Array) -> Array:
    """sign(x) · log(1 + |x|)."""
    return np.asarray(np.sign(x) * np.log1p(np.abs(x)))


def fit_number(name: str, kind: NumberColumn, missing: str, fill: object, flag: bool, x: Array) -> NumberEncoding:
    """The encoding, learned from the training values `x`, NaN where one is missing.

    `fill` is "mean", "median", a number, or None where missing values are not filled.
    """
    known = clipped(x[~np.isnan(x)], kind.clip)
    clip = None if kind.clip is None else [float(limit) for limit in kind.clip]
    state: dict[str, Any] = {"scale": kind.scale, "clip": clip, "fill": fill_value(fill, known), "flag": flag}
    if len(finite := known[np.isfinite(known)]):
        state["low"], state["high"] = float(finite.min()), float(finite.max())
    match kind.scale:
        case "standard":
            state["mean"], state["variance"] = moments(known)
        case "log":
            state["mean"], state["variance"] = moments(logarithm(known))
        case "min_max" if len(known):
            low, high = float(known.min()), float(known.max())
            with np.errstate(over="ignore"):
                state["mean"], state["variance"] = low, float(np.square(np.float32(high) - np.float32(low))) or 1.0
        case "quantile":
            ends = np.quantile(known, np.linspace(0, 1, SEGMENTS + 1)) if len(known) else np.zeros(SEGMENTS + 1)
            ends = ends.astype(np.float32)
            state["knots"], state["widths"] = ends[:-1].tolist(), np.diff(ends).tolist()
    return NumberEncoding(name, missing, **state)


def fill_value(fill: object, known: Array) -> float | None:
    """The value that replaces missing ones; NaN where no training row has a value."""
    if fill is None:
        return None
    if not isinstance(fill, str):
        assert isinstance(fill, (bool, int, float))
        return float(np.float32(fill))
    if not len(known):
        return float("nan")
    return float(np.float32(known.mean(dtype=np.float64) if fill == "mean" else np.median(known)))


def _learn(column: TrainingColumn[NumberColumn]) -> NumberEncoding:
    return fit_number(column.name, column.kind, column.missing, column.fill, column.flag, column.fields[0])


CODEC = ColumnCodec[NumberColumn](
    reader=NumberReader,
    encoding=NumberEncoding,
    read=lambda kind, budget, decimal: NumberReader(kind.unit, decimal),
    is_missing=np.isnan,
    learn=_learn,
)
