"""The spec of time series: what is decided about them, and what must be known of their rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np

from seqspec.core.api.data import DATE_PARTS, CalendarPart, TimeSplit
from seqspec.core.api.messages import counted
from seqspec.training.data.far_values import SENTINEL_HELP, sentinel_of
from seqspec.training.data.samples import Array
from seqspec.training.data.series.checks import far_rows, overlapping_periods
from seqspec.training.data.series.gaps import closed_days, gaps_of
from seqspec.training.data.series.sets import VALIDATION_SHARES, time_parts
from seqspec.training.data.series.short_series import short_text
from seqspec.training.data.time_axis.frequency import SECOND
from seqspec.training.data.time_axis.index import Season, SeriesIndex, StepRows, season_of
from seqspec.training.data.time_axis.times import has_offset
from seqspec.training.scaffold.calendar import helpful_parts
from seqspec.training.scaffold.kinds import variants
from seqspec.training.scaffold.options import ScaffoldError, ScaffoldOptions
from seqspec.training.scaffold.pieces import compile_lines, last_layer, model_lines, spec_text, target_lines
from seqspec.training.scaffold.sample import dialect_lines, dialect_text
from seqspec.training.scaffold.series.rows import SeriesRows, read_rows
from seqspec.training.scaffold.task import Task, task_of
from seqspec.training.scaffold.text import Draft, Value, comment, toml

_MIN_SENTINEL = 99
_CONSTANT_STEPS, _CONSTANT_PART = 20, 0.05
"""The steps, and their part of all rows, from which a run of equal values is pointed out."""


def notes_of(
    rows: SeriesRows, index: SeriesIndex, left_out: str, used: SeriesIndex, split: TimeSplit
) -> list[tuple[str, str]]:
    """Remarks on the rows, each under a word.

    Args:
        rows: The rows.
        index: Their time steps.
        left_out: The series that have no window, in words.
        used: The time steps of the others.
        split: How these are divided.
    """
    sentinel = _sentinel(rows)
    notes = {
        "time zone": _offset(rows),
        "closed?": _missing_days(index),
        "closed": _closed(rows),
        "left out": left_out,
        "group": _alike(rows),
        "missing?": sentinel,
        "outlier": "" if sentinel else _far(rows),
        "constant": _constant(rows),
        "": _overlap(used, split) if rows.names else "",
    }
    return [(word, text) for word, text in notes.items() if text]


def _offset(rows: SeriesRows) -> str:
    """That time stamps are converted to UTC, in words; empty if they are not."""
    time = rows.options.time or ""
    is_other = has_offset(str(rows.sample.columns[time][0]))
    return f"the time stamps of {time} are converted to UTC, also in forecasts" if is_other else ""


def _missing_days(index: SeriesIndex) -> str:
    """That missing days are of some days of the week, in words; empty if they are not."""
    days = closed_days(index, gaps_of(index))
    what = "if it was closed then, write rows with 0, or remove the rows of these days in all series"
    return f"{days}: {what}" if days else ""


def _closed(rows: SeriesRows) -> str:
    """The days of the week without steps, in words; empty if there are none."""
    days = " and ".join(f"{day}s" for day in rows.frequency.closed)
    return f"no row is on {days}: these days are not counted as steps, and not forecast" if days else ""


def _alike(rows: SeriesRows) -> str:
    """Two names of series that differ only in case or white space, in words; empty without any."""
    pair = None if rows.options.group is None else variants(rows.profiles[rows.options.group])
    return "" if pair is None else f"{pair} are two series: write them alike if they are one"


def _sentinel(rows: SeriesRows) -> str:
    """A number that looks like the mark of a missing value, in words; empty without any."""
    profile = rows.profiles[rows.target]
    assert profile.numbers is not None
    # Small numbers, such as -9, can be values in a few rows.
    sentinel = sentinel_of(profile.numbers.distinct, share=0)
    if sentinel is None or abs(sentinel) < _MIN_SENTINEL:
        return ""
    sentinel_rows = np.flatnonzero(rows.values == sentinel)
    first = (
        f"row {sentinel_rows[0] + 1:,}"
        if len(sentinel_rows) == 1
        else f"{len(sentinel_rows):,} rows, the first is row {sentinel_rows[0] + 1:,}"
    )
    return f"{profile.name} is {sentinel:.6g} in {first}: {SENTINEL_HELP}"


def _far(rows: SeriesRows) -> str:
    """Values that are far from all others of their series, in words; empty without any."""
    rows_far_away = far_rows(rows.values, rows.series)
    if not len(rows_far_away):
        return ""
    row = int(rows_far_away[0])
    of = f" of series {rows.names[rows.series[row]]}" if rows.names else ""
    more = f", and {counted(len(rows_far_away) - 1, 'further row')}" if len(rows_far_away) > 1 else ""
    value = f"{rows.target}{of} is {rows.values[row]:.10g} in row {row + 1:,}{more}"
    return f"{value}: far from all others; correct the cell, or leave it empty"


def _constant(rows: SeriesRows) -> str:
    """A long run of equal values of the target other than 0, in words; empty without any."""
    options, sample, target = rows.options, rows.sample, rows.target
    codes = sample.columns[target].combine_chunks().dictionary_encode()
    values = codes.indices.fill_null(-1).to_numpy()[rows.order]
    starts = np.flatnonzero(np.r_[True, (np.diff(values) != 0) | (np.diff(rows.groups) != 0)])
    lengths = np.diff(np.r_[starts, len(values)])
    zero = [number for number, text in enumerate(map(str, codes.dictionary.to_pylist())) if not text.strip("-0.,")]
    lengths[np.isin(values[starts], [-1, *zero])] = 0
    run = int(lengths.argmax())
    if lengths[run] < max(_CONSTANT_STEPS, _CONSTANT_PART * len(values)):
        return ""
    first, last = rows.order[[starts[run], starts[run] + lengths[run] - 1]].tolist()
    begin, end = (sample.columns[options.time or ""][row] for row in (first, last))
    of = "" if options.group is None else f" of {sample.columns[options.group][first]}"
    value = sample.columns[target][first]
    return f"{target}{of} is {value} from {begin} to {end}: if it was not measured then, leave these cells empty"


def _overlap(index: SeriesIndex, split: TimeSplit) -> str:
    """A series that is tested while another one trains, in words; empty if none is."""
    own = StepRows(index, np.arange(len(index)))
    overlap = overlapping_periods(own, time_parts(own, split))
    return "" if overlap is None else str(overlap.message)


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


_FEW_WINDOWS = 256


def draft_series(options: ScaffoldOptions) -> Draft:
    """The spec for a series; raises `ScaffoldError` and `DataError`."""
    if options.time is None:
        raise ScaffoldError("--horizon is for a series: name its time column with --time")
    if options.horizon is None:
        raise ScaffoldError("--time is for a series: say with --horizon how many time steps to forecast")
    options.refuse(("id",), "a series has no ids; --group is the column of the names of several series")
    plan = plan_series(options)
    return Draft(_text(plan), _lines(plan), [])


def _text(plan: SeriesPlan) -> str:
    width = f"window {plan.window} × 1"
    if plan.known_values:
        width += f", known {plan.horizon} × {plan.known_values}"
    epochs, patience = (200, 20) if plan.is_linear else (100, 10)
    fit = [
        "[fit]",
        f"epochs = {epochs}",
        f"batch_size = {16 if plan.windows < _FEW_WINDOWS else 64}",
        f'callbacks = [{{ type = "EarlyStopping", patience = {patience}, restore_best_weights = true }}]',
    ]
    model = model_lines(f"[{plan.width}]  # {width}", _layers(plan))
    training = compile_lines(plan.task, regression_loss="mae")
    return spec_text(plan.options, model, target_lines(plan.task), training, fit, source_lines(plan))


def _layers(plan: SeriesPlan) -> Iterator[str]:
    """The layers, whose first forecast is a baseline: a linear one, and for long series a hidden one before it.

    One for series of different levels starts anywhere.
    """
    if plan.known_values:
        yield '"Normalization",  # learns mean and variance from the training set'
    else:
        of_all = 'one mean and variance for all values; with known, write "Normalization"'
        yield f'{{ type = "Normalization", axis = "none" }},  # {of_all}'
    if plan.differ:
        yield f'{{ type = "Dense", units = {UNITS}, activation = "relu" }},  # the levels of the series differ'
        yield f"{last_layer(plan.task, plan.rows.target)},"
        return
    if not plan.is_linear:
        yield f'{{ type = "Dense", units = {plan.units}, kernel_initializer = "identity" }},'
        yield '{ type = "PReLU", alpha_initializer = "ones" },  # linear at first'
    start = '"identity"' if plan.season else f'{{ type = "Constant", value = "1/{plan.window}" }}'
    yield f"{last_layer(plan.task, plan.rows.target, start)},  # starts by repeating {plan.start}"


def source_lines(plan: SeriesPlan) -> list[str]:
    """The source, and how it is split."""
    options = plan.options
    lines = []
    if plan.missing:
        lines = ["[data]", 'missing = "drop"  # windows with a missing value that gaps does not fill are left out', ""]
    lines += [
        "[data.source]",
        'type = "series"',
        f"path = {toml(options.path)}",
        *dialect_lines(plan.rows.sample.dialect),
        f"time = {toml(options.time or '')}  # {plan.rows.frequency.name}",
        *([f"format = {toml(plan.rows.format.format)}"] if plan.rows.format.format else []),
    ]
    if options.group is not None:
        lines.append(f"group = {toml(options.group)}  # {plan.series:,} series")
    lines += [f"target = {toml(plan.rows.target)}", f"features = {toml([plan.rows.target])}"]
    if options.known:
        lines.append(f"known = {toml(list(plan.options.known))}")
    if plan.calendar:
        lines.append(f"calendar = {toml(list(plan.calendar))}  # of the steps to forecast")
    lines += [f"window = {plan.window}", f"horizon = {plan.horizon}"]
    if plan.seasons.errors:
        lines.append(f"season = {plan.season}  # {plan.seasons_text}")
    if plan.gaps_text:
        fill: Value = {"fill": "linear", "max": plan.longest_filled} if plan.longest_filled else "drop"
        lines.append(f"gaps = {toml(fill)}  # {comment(plan.gaps_text)}, {plan.filled_text}")
    if plan.others:
        lines.append(f"# Not used: {comment(', '.join(plan.others))}. Columns that are known for the future: --known.")
    return [*lines, "", "[data.split]", 'by = "time"', f"validation = {plan.validation}", f"test = {TEST}"]


def _lines(plan: SeriesPlan) -> list[tuple[str, str]]:
    said = "no gaps"
    if plan.gaps_text:
        said = f"{plan.gaps_text}, {plan.filled_text}"
    of = f" in {plan.series:,} series" if plan.options.group is not None else ""
    of_each = "of each series " if plan.options.group is not None else ""
    season = f"season {plan.season}" if plan.season else "no season"
    if plan.seasons.errors:
        season += f": {plan.seasons_text}"
    trained = f"{100 * (1 - plan.validation - TEST):.0f} %"
    more = ""
    if plan.validation > VALIDATION_SHARES[0]:
        more = f"; {100 * plan.validation:.0f} % for validation, since fewer have no forecast"
    written = dialect_text(plan.rows.sample.dialect)
    lines = [
        *([("format", written)] if written is not None else []),
        (plan.options.name, f"{plan.rows.sample.rows:,} time steps{of}, {plan.rows.frequency.name}, {said}"),
        ("forecast", f"{plan.rows.target}, {plan.rows.frequency.count(plan.horizon)} ahead; {plan.task.summary}"),
        ("window", f"{plan.rows.frequency.count(plan.window)} ({season})"),
        ("split", f"by time: {of_each}the oldest {trained} train, the newest {100 * TEST:.0f} % test{more}"),
    ]
    lines += plan.notes
    if plan.others:
        lines.append(("not used", f"{', '.join(plan.others)}: with --known if they are known for the future"))
    if plan.calendar:
        parts = ", ".join(plan.calendar)
        lines.append(("calendar", f"{parts} of the steps to forecast, which make linear forecasts better"))
    return [*lines, ("model", f"{plan.width:,} values → {plan.hidden}")]
