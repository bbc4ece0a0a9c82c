"""The time steps of a source: which series and step each row is, in whatever set or window, and their season."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from seqspec.core.api.messages import counted
from seqspec.training.data.stored import Array, Values, choose
from seqspec.training.data.time_axis.frequency import Frequency
from seqspec.training.data.time_axis.times import TimeFormat

_INTEGERS = TimeFormat()
MAX_NAMES = 100
"""Series that a message names."""


@dataclass(frozen=True)
class SeriesIndex:
    """The rows of one or several series, sorted by series and, within each, by time.

    Attributes:
        y: The values to forecast, (rows, targets); None in a file without them.
        targets: The columns to forecast; empty for an array, whose columns have no names.
        series: The series of each row, as an index into `names`; None for a single one.
        names: The names of the series.
        step: The number of the time step of each row; None without time stamps, where rows follow each other.
        filled: Whether each row was filled; None if none was.
        frequency: The time between two steps; None without time stamps.
        format: How time stamps are written.
        time: The columns of the time stamps and of the names of series, None where there is none.
        group: See `time`.
        season: The steps of a season; None if there is none.
        known: The columns that are known for the steps to forecast.
        calendar: The inputs that follow from the time stamps.
        numbers: The numbers of the rows where those of some series are left out; None where none are.
    """

    y: Values | None
    targets: Sequence[str] = ()
    series: Array | None = None
    names: Sequence[str] = ()
    step: Array | None = None
    filled: Array | None = None
    frequency: Frequency | None = None
    format: TimeFormat = _INTEGERS
    time: str | None = None
    group: str | None = None
    season: int | None = None
    known: Sequence[str] = ()
    calendar: Sequence[str] = ()
    numbers: Array | None = None
    length: int = 0

    def __len__(self) -> int:
        return self.length

    @property
    def target_count(self) -> int:
        """The number of values to forecast at each step."""
        return len(self.targets) or (1 if self.y is None else self.y.shape[1])

    def with_series(self, chosen: Array) -> SeriesIndex:
        """The rows of some of several series, by whether each is `chosen`."""
        assert self.series is not None
        rows = np.flatnonzero(chosen[self.series])
        return replace(
            self,
            y=None if self.y is None else choose(self.y, rows),
            series=(np.cumsum(chosen) - 1).astype(self.series.dtype)[self.series[rows]],
            names=[name for name, is_chosen in zip(self.names, chosen) if is_chosen],
            step=None if self.step is None else self.step[rows],
            filled=None if self.filled is None else self.filled[rows],
            numbers=rows if self.numbers is None else self.numbers[rows],
            length=len(rows),
        )

    def is_consecutive(self, first: Array, last: Array) -> Array:
        """Whether the rows from `first` to `last` are consecutive steps of one series, without gaps."""
        array = np.ones(len(first), bool)
        if self.series is not None:
            array &= self.series[first] == self.series[last]
        if self.step is not None:
            array &= self.step[last] - self.step[first] == last - first
        return array

    def shifted(self, rows: Array, steps: int) -> tuple[Array, Array]:
        """The rows so many steps after the given ones, and which of them there are; the others are row 0."""
        if self.step is None:
            shifted_rows = rows + steps
            inside = (shifted_rows >= 0) & (shifted_rows < len(self))
            shifted_rows = np.where(inside, shifted_rows, 0)
            if self.series is not None:
                inside &= self.series[shifted_rows] == self.series[rows]
            return shifted_rows, inside
        keys = self._keys
        wanted = keys[rows] + steps
        shifted_rows = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        inside = keys[shifted_rows] == wanted
        if self.series is not None:
            inside &= self.series[shifted_rows] == self.series[rows]
        return np.where(inside, shifted_rows, 0), inside

    @cached_property
    def _keys(self) -> Array:
        """Ascending numbers of the steps of all series, which are as far apart as their steps."""
        assert self.step is not None
        if self.series is None:
            return self.step
        low, high = int(self.step.min()), int(self.step.max())
        return np.asarray(self.series.astype(np.int64) * (2 * (high - low) + 2) + (self.step - low))

    def times_after(self, rows: Array, steps: int | Array = 0) -> Array:
        """The time `steps` steps after each row; without time stamps the number of the row in its series, from 1."""
        if self.step is not None:
            return self._require_frequency().times(self.step[rows] + steps)
        first = 0 if self.series is None else np.searchsorted(self.series, self.series[rows])
        return np.asarray(rows - first + 1 + steps)

    def time_of(self, row: int, steps: int = 0) -> str:
        """The time stamp `steps` steps after a row, as text; "row 12" without time stamps."""
        [text] = self.format.texts(self.times_after(np.array([row]), steps))
        return text if self.step is not None else f"row {int(text):,}"

    def name_of(self, row: int) -> str:
        """The name of the series of a row: "series A"; "the series" if there is one."""
        return "the series" if self.series is None else f"series {self.names[int(self.series[row])]}"

    def of_series(self, row: int) -> str:
        """The name of the series of a row after what is said of it; empty if there is one series."""
        return "" if self.series is None else f" of {self.name_of(row)}"

    @property
    def is_named(self) -> bool:
        """Whether rows have a time stamp, or the name of a series."""
        return self.step is not None or self.series is not None

    def columns_of(self, rows: Array, steps: int | Array) -> dict[str, list[str] | Array]:
        """The time `steps` steps after each row, and its series, by the names of their columns."""
        columns: dict[str, list[str] | Array] = {}
        if self.time is not None:
            columns[self.time] = self.format.values(self.times_after(rows, steps))
        if self.group is not None and self.series is not None:
            columns[self.group] = [self.names[int(series)] for series in self.series[rows]]
        return columns

    def count(self, steps: int) -> str:
        """A number of steps: "24 hours"."""
        return (self.frequency or Frequency("integer")).count(steps)

    def summary(self) -> str:
        """The time steps in a line: "hourly, 2011-01-01 00:00 to 2011-12-31 23:00, 8,760 steps; season 168"."""
        parts = [] if self.frequency is None else [self.frequency.name]
        if self.series is not None:
            parts.append(f"{len(self.names):,} series")
        if self.step is not None:
            first, last = self.step.min(), self.step.max()
            parts.append(" to ".join(self.format.texts(self._require_frequency().times(np.array([first, last])))))
        parts.append(counted(len(self), "step"))
        filled = 0 if self.filled is None else int(self.filled.sum())
        if filled:
            parts.append(f"{filled:,} of them filled")
        rows = np.arange(max(0, len(self) - 1))
        gaps = int((~self.is_consecutive(rows, rows + 1)).sum()) - max(0, len(self.first_rows()) - 1)
        if gaps:
            parts.append(counted(gaps, "gap"))
        return ", ".join(parts) + ("" if self.season is None else f"; season {self.season:,}")

    def _require_frequency(self) -> Frequency:
        assert self.frequency is not None
        return self.frequency

    def first_rows(self) -> Array:
        """The first row of each series."""
        if self.series is None:
            return np.zeros(min(1, len(self)), np.int64)
        return np.flatnonzero(np.r_[True, np.diff(self.series) != 0]) if len(self) else np.zeros(0, np.int64)


@dataclass(frozen=True)
class StepRows:
    """Rows of a `SeriesIndex`: the time step of each sample, or the last input step of each window, its origin."""

    index: SeriesIndex
    rows: Array

    def take(self, chosen: Array | slice) -> StepRows:
        """A subset."""
        return StepRows(self.index, self.rows[chosen])

    @property
    def numbers(self) -> Array:
        """The numbers of these rows, those of series that are left out counted."""
        return self.rows if self.index.numbers is None else np.asarray(self.index.numbers[self.rows])

    def values(self, steps: int = 0) -> Array:
        """The values to forecast, `steps` steps after each row; NaN where there is no such step. (rows, targets)"""
        y = self.index.y
        assert y is not None
        rows, known = self.index.shifted(self.rows, steps) if steps else (self.rows, np.ones(len(self), bool))
        shifted_values = np.asarray(y[rows], np.float64)
        shifted_values[~known] = np.nan
        return shifted_values

    def filled(self, steps: int) -> Array:
        """Whether the step `steps` steps after each row was filled."""
        if self.index.filled is None:
            return np.zeros(len(self), bool)
        rows, known = self.index.shifted(self.rows, steps)
        return np.asarray(self.index.filled[rows] & known)

    def unmeasured(self, horizon: int) -> Array:
        """Whether each of the `horizon` steps after each row was filled, (rows, horizon)."""
        return np.stack([self.filled(step) for step in range(1, horizon + 1)], axis=1)

    @property
    def is_one_run(self) -> bool:
        """Whether all steps follow each other in one series without time stamps, which need not be compared."""
        whole = self.index.step is None and self.index.series is None
        return whole and len(self) > 0 and int(self.rows[-1] - self.rows[0]) == len(self) - 1

    def starts(self) -> Array:
        """The first step of each series, as places among these."""
        if self.index.series is None:
            return np.zeros(min(1, len(self)), np.int64)
        return np.flatnonzero(np.r_[True, np.diff(self.index.series[self.rows]) != 0]) if len(self) else self.rows

    def __len__(self) -> int:
        return len(self.rows)


TRAINED = 0.7
"""The part of each series, the oldest one, that seasons are compared on: what is trained on by default."""
_MAX_ROWS = 20_000


class Season(NamedTuple):
    """A number of steps, and the mean absolute errors of repeating each season of the calendar, if there are several.

    The errors are relative to the standard deviation for several values to forecast.
    """

    steps: int | None
    errors: Mapping[int, float] = {}


def season_of(index: SeriesIndex, horizon: int) -> Season:
    """The season of steps with values to forecast; the first of the calendar where errors cannot be compared."""
    if index.frequency is None or not len(index):
        return Season(None)
    bounds = np.r_[index.first_rows(), len(index)]
    lengths = np.diff(bounds)
    shortest, longest = int(lengths.min()), int(lengths.max())
    # A short series has no window of a long season.
    candidates = index.frequency.seasons(longest)[:1] + index.frequency.seasons(shortest)[1:]
    if len(candidates) < 2:
        return Season(candidates[0] if candidates else None)
    trained = np.concatenate(
        [np.arange(start, start + int(TRAINED * (end - start))) for start, end in pairwise(bounds.tolist())]
    )
    chosen = trained[np.unique(np.linspace(0, len(trained) - 1, _MAX_ROWS).astype(np.int64))]
    steps = StepRows(index, chosen)
    truth = steps.values()
    if index.filled is not None:
        truth[index.filled[chosen]] = np.nan
    errors = {season: _error(steps, truth, season, horizon) for season in candidates}
    both = np.all([~np.isnan(error) for error in errors.values()], axis=0)
    if not both.any():
        return Season(candidates[0])
    scale = np.nanstd(truth, axis=0) if truth.shape[1] > 1 else np.ones(1)
    scale[scale == 0] = 1
    means = {season: float(np.mean((season_errors / scale)[both])) for season, season_errors in errors.items()}
    return Season(min(means, key=means.__getitem__), means)


def _error(steps: StepRows, truth: Array, season: int, horizon: int) -> Array:
    """The absolute error of each step, the mean over its distances from an origin."""
    distances, counts = np.unique(season * -(-np.arange(1, horizon + 1) // season), return_counts=True)
    error = np.zeros_like(truth)
    for distance, count in zip(distances.tolist(), counts.tolist()):
        error += count / horizon * np.abs(steps.values(-distance) - truth)
    return error
