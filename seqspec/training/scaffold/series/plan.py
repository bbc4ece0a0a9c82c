"""What is decided about time series: windows of the past, the horizon, gaps, and a dense model over the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np

from seqspec.core.api.data import DATE_PARTS, CalendarPart, TimeSplit
from seqspec.core.api.messages import counted
from seqspec.training.data.samples import Array
from seqspec.training.data.series.gaps import gaps_of
from seqspec.training.data.series.sets import VALIDATION_SHARES
from seqspec.training.data.series.short_series import short_text
from seqspec.training.data.time_axis.frequency import SECOND
from seqspec.training.data.time_axis.index import Season, SeriesIndex, season_of
from seqspec.training.scaffold.calendar import helpful_parts
from seqspec.training.scaffold.options import ScaffoldError, ScaffoldOptions
from seqspec.training.scaffold.series.notes import notes_of
from seqspec.training.scaffold.series.rows import SeriesRows, read_rows
from seqspec.training.scaffold.task import Task, task_of

TEST = 0.2
"""The share of the test set."""
_MAX_PART = 5
"""The window of a series without a season has at most this part of its steps."""
_PLAIN_WINDOW = 4
"""Horizons in the window of a series without a season."""
_LONG = 2_000
"""The training steps of the longest series from which a hidden layer is better than a linear model."""
UNITS = 64
"""The units of a hidden layer."""
_DIFFERENT = 2
"""The ratio of the means of two series from which a hidden layer is better, also for short series."""
_SEVERAL = 5
"""The horizons in a test set from which its forecasts show whether they are better than a baseline."""
_FILLED_PART = 4
"""The part of a season, or of the horizon without one, up to which gaps are filled."""


@dataclass(frozen=True)
class SeriesPlan:
    """What is decided about a series.

    Attributes:
        rows: Its rows.
        steps: The number of steps of the longest series.
        series: The number of series.
        gaps: The steps that each gap misses.
        empty: The length of each run of empty cells of the target between two values.
        seasons: The season, and the errors of repeating each of several ones.
        window: The steps of a window.
        validation: The share of the validation set.
        task: What is predicted.
        others: Columns that are not used.
        missing: Whether a column that is used has missing values.
        calendar: The parts of the time stamps that are inputs.
        notes: Remarks on the rows, each under a word.
        differ: Whether the means of the series differ much.
    """

    rows: SeriesRows
    steps: int
    series: int
    gaps: Array
    empty: Array
    seasons: Season
    window: int
    validation: float
    task: Task
    others: Sequence[str]
    missing: bool
    calendar: Sequence[CalendarPart]
    notes: Sequence[tuple[str, str]]
    differ: bool

    @property
    def options(self) -> ScaffoldOptions:
        """What the user says."""
        return self.rows.options

    @property
    def season(self) -> int | None:
        """The steps of a season."""
        return self.seasons.steps

    @property
    def horizon(self) -> int:
        """The time steps to forecast."""
        return self.options.horizon or 1

    @property
    def is_linear(self) -> bool:
        """Whether the series are too short for a hidden layer."""
        return self.training_steps < _LONG

    @property
    def units(self) -> int:
        """The units of the hidden layer of a long series: enough for the values that the first forecast repeats."""
        return self.window if self.season is None else min(self.width, max(UNITS, self.horizon))

    @property
    def hidden(self) -> str:
        """What follows the input, in words."""
        if self.differ:
            return f"Dense {UNITS} → {self.horizon}, since the means of the series differ"
        hidden = "linear" if self.is_linear else f"Dense {self.units}"
        return f"{hidden} → {self.horizon}, starts by repeating {self.start}"

    @property
    def start(self) -> str:
        """What the model forecasts before it is trained, in words."""
        if self.season is None:
            return "the mean of the window"
        seasons = self.window // self.season
        return "the last season" if seasons == 1 else f"the last {seasons} seasons"

    @property
    def windows(self) -> int:
        """The windows for training of the longest series."""
        return self.training_steps - self.window - self.horizon + 1

    @property
    def training_steps(self) -> int:
        """The steps of the longest series that are trained on."""
        return int(self.steps * (1 - self.validation - TEST))

    @property
    def longest_filled(self) -> int:
        """The steps of the longest gap that is filled: a part of a season, over which a line is near the values."""
        seasons = self.rows.frequency.seasons(self.steps)
        most = max(1, (seasons[0] if seasons else self.horizon) // _FILLED_PART)
        runs = np.r_[self.gaps, self.empty]
        return int(runs[runs <= most].max(initial=0))

    @property
    def seasons_text(self) -> str:
        """The errors of repeating each of several seasons in words, the smallest first."""
        errors = sorted(self.seasons.errors.items(), key=itemgetter(1))
        (_, first), *others = [(season, f"{error:.4g}") for season, error in errors]
        return f"repeating it has an error of {first}, {', '.join(f'{season} of {error}' for season, error in others)}"

    @property
    def gaps_text(self) -> str:
        """The gaps and empty cells in words; empty without any."""
        parts = []
        if len(self.gaps):
            missing = counted(int(self.gaps.sum()), "step")
            parts.append(f"{counted(len(self.gaps), 'gap')} of {missing}, the longest {self.gaps.max()}")
        if len(self.empty):
            parts.append(f"{counted(int(self.empty.sum()), 'empty cell')} of {self.rows.target}")
        return ", ".join(parts)

    @property
    def filled_text(self) -> str:
        """What is filled of them, and how much is left."""
        runs = np.r_[self.gaps, self.empty]
        long = runs[runs > self.longest_filled]
        if not len(long):
            return "filled"
        of = f"in {'a longer one' if len(long) == 1 else f'{len(long):,} longer ones'}" if self.longest_filled else ""
        left = f"{counted(int(long.sum()), 'step')} {of} are left out" if of else "left out"
        return f"filled up to {self.longest_filled}, {left}" if self.longest_filled else left

    @property
    def known_values(self) -> int:
        """The values that are known for each step to forecast."""
        return len(self.options.known) + sum(DATE_PARTS[part] for part in self.calendar)

    @property
    def width(self) -> int:
        """The values of the input: the window, and what is known of the steps to forecast."""
        return self.window + self.horizon * self.known_values


def plan_series(options: ScaffoldOptions) -> SeriesPlan:
    """The decisions for a series."""
    assert options.time is not None and options.horizon is not None
    rows = read_rows(options)
    index = SeriesIndex(
        rows.values[rows.order, None],
        series=rows.groups,
        names=rows.names or [options.name],
        step=rows.frequency.steps(rows.times),
        frequency=rows.frequency,
        format=rows.format,
        length=len(rows.order),
    )
    lengths = _lengths(index)
    longest = int(lengths.max())
    validation = _validation(longest, options.horizon)
    used, season, window, left_out = _season(index, lengths, options)
    task = replace(task_of(rows.profiles[rows.target], "number"), classes=options.horizon, scale="standard")
    taken = {rows.target, options.time, options.group, *options.known}
    split = TimeSplit(by="time", train=1 - validation - TEST, validation=validation, test=TEST)
    return SeriesPlan(
        rows=rows,
        steps=longest,
        series=len(lengths),
        gaps=gaps_of(index).sizes,
        empty=_empty(rows),
        seasons=season,
        window=window,
        validation=validation,
        task=task,
        others=[name for name in rows.profiles if name not in taken],
        missing=any(rows.profiles[name].missing for name in (rows.target, *options.known)),
        calendar=_calendar(rows, used, window),
        notes=notes_of(rows, index, left_out, used, split),
        differ=_differ(rows.values[rows.order], rows.groups),
    )


def _lengths(index: SeriesIndex) -> Array:
    """The steps of each series, those of its gaps included."""
    assert index.step is not None
    first = index.first_rows()
    return np.asarray(index.step[np.append(first[1:], len(index)) - 1] - index.step[first] + 1)


def _season(index: SeriesIndex, lengths: Array, options: ScaffoldOptions) -> tuple[SeriesIndex, Season, int, str]:
    """The series that have a window, as the longest has, their season, the window, and the others in words.

    The lengths are those of each series by its number.
    """
    names, horizon = index.names, options.horizon or 1
    long = np.ones(len(lengths), bool)
    while True:
        season = season_of(index, horizon)
        window = _window(season.steps, horizon, int(lengths.max()))
        left = long & (lengths >= window + horizon)
        if left.sum() == long.sum():
            break
        # A series that is left out has no say in the season of the others.
        index, long = index.with_series(left[long]), left
    return index, season, window, "" if long.all() else short_text(names, lengths, window + horizon)


def _validation(steps: int, horizon: int) -> float:
    """The smallest share with a forecast, whose first window begins in the training set."""
    validation_share = next((share for share in VALIDATION_SHARES if horizon <= int(steps * share)), None)
    if validation_share is None:
        most, several = int(steps * VALIDATION_SHARES[-1]), int(steps * TEST) // _SEVERAL
        smaller = f"use a --horizon of at most {most:,}" if most else "add rows"
        if several:
            smaller += f"; with {several:,} the test set has {_SEVERAL} forecasts after each other"
        raise ScaffoldError(
            f"{steps:,} time steps are too few to forecast {horizon:,}: the largest validation set, "
            f"{100 * VALIDATION_SHARES[-1]:.0f} % of them, has no forecast; {smaller}"
        )
    return validation_share


def _window(season: int | None, horizon: int, steps: int) -> int:
    """The steps of a window: the seasons that the horizon covers, which are repeated at first, or some horizons."""
    if season is not None:
        return season * -(-horizon // season)
    return max(1, min(_PLAIN_WINDOW * horizon, steps // _MAX_PART))


def _calendar(rows: SeriesRows, index: SeriesIndex, window: int) -> list[CalendarPart]:
    """The parts of the time stamps that help, and that no known column follows from."""
    hours = rows.times // (3600 * SECOND)
    values = {"hour": hours % 24, "weekday": hours // 24 % 7}
    known = [rows.column(name) for name in rows.options.known]
    parts = helpful_parts(index, window, rows.options.horizon or 1)
    return [
        part
        for part in parts
        if part not in values or not any(_follows(known_part, values[part]) for known_part in known)
    ]


def _follows(column: Array, part: Array) -> bool:
    """Whether a column has one value for each value of a part of the calendar, and several of them."""
    pairs = set(zip(part.tolist(), column.tolist()))
    return len(pairs) == len(set(part.tolist())) and len({value for _, value in pairs}) > 1


def _empty(rows: SeriesRows) -> Array:
    """The lengths of the runs of empty cells of the target between two values of its series."""
    cells = rows.sample.columns[rows.target].combine_chunks()
    known = np.flatnonzero(~np.asarray(cells.is_null().to_numpy(zero_copy_only=False))[rows.order])
    runs = np.where(np.diff(rows.groups[known]) == 0, np.diff(known) - 1, 0)
    return np.asarray(runs[runs > 0])


def _differ(values: Array, groups: Array) -> bool:
    """Whether the means of several series of positive level differ so much that one linear model does not fit them."""
    known = ~np.isnan(values)
    counts = np.bincount(groups[known])
    means = np.bincount(groups[known], values[known])[counts > 0] / counts[counts > 0]
    return bool(means.min() > 0 and means.max() > _DIFFERENT * means.min())
