"""A spec for a series: windows of the past, the horizon, gaps, and a dense model over the window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np

from seqspec.core.diagnostics.message import counted
from seqspec.core.diagnostics.quote import quote_value
from seqspec.core.document.date_format import DATE_PARTS, CalendarPart
from seqspec.core.document.sources import TimeSplit
from seqspec.training.data.columns import KNOWN_HELP
from seqspec.training.data.encoding.time_formats import EXAMPLES, text_format
from seqspec.training.data.number_text import NumberText
from seqspec.training.data.samples import Array
from seqspec.training.data.series.checks import overlapping_periods
from seqspec.training.data.series.gaps import closed_days, gaps_of
from seqspec.training.data.series.outliers import far_rows
from seqspec.training.data.series.sets import time_parts
from seqspec.training.data.series.short_series import short_text
from seqspec.training.data.time_axis.frequency import SECOND, Frequency, frequency_of
from seqspec.training.data.time_axis.index import SeriesIndex, Steps
from seqspec.training.data.time_axis.season import Season, season_of
from seqspec.training.data.time_axis.times import InvalidTime, TimeFormat, read_times, repeated_hour
from seqspec.training.scaffold.calendar import helpful_parts
from seqspec.training.scaffold.errors import ScaffoldError
from seqspec.training.scaffold.kinds import is_boolean, variants
from seqspec.training.scaffold.options import ScaffoldOptions
from seqspec.training.scaffold.pieces import compile_lines, last_layer, target_lines
from seqspec.training.scaffold.profile import PLAIN, ColumnProfile, profile, sentinel_of
from seqspec.training.scaffold.sample import TableSample, dialect_lines, dialect_text, read_sample
from seqspec.training.scaffold.task import Task, task_of
from seqspec.training.scaffold.text import Draft, Value, comment, header, model_name, toml

_TEST = 0.2
_VALIDATION = (0.1, 0.15, 0.2)
"""Validation shares, of which the smallest one with a forecast is used."""
_MAX_PART = 5
"""The window of a series without a season has at most this part of its steps."""
_PLAIN_WINDOW = 4
"""Horizons in the window of a series without a season."""
_FEW_WINDOWS = 256
_LONG = 2_000
"""The training steps of the longest series from which a hidden layer is better than a linear model."""
_UNITS = 64
_DIFFERENT = 2
"""The ratio of the means of two series from which a hidden layer is better, also for short series."""
_SEVERAL = 5
"""The horizons in a test set from which its forecasts show whether they are better than a baseline."""
_FILLED_PART = 4
"""The part of a season, or of the horizon without one, up to which gaps are filled."""
_MIN_SENTINEL = 99
_FIRST = 20
"""Time stamps whose format is that of a column, if one of the later ones has another."""
_CONSTANT_STEPS, _CONSTANT_PART = 20, 0.05
"""The steps, and their part of all rows, from which a run of equal values is pointed out."""


@dataclass(frozen=True)
class SeriesPlan:
    """What is decided about a series.

    Attributes:
        options: What the user says.
        sample: Its rows.
        target: The column to forecast.
        known: The columns that are known for the future.
        steps: The number of steps of the longest series.
        series: The number of series.
        frequency: The time between two steps.
        format: How time stamps are written.
        gaps: The steps that each gap misses.
        empty: The length of each run of empty cells of the target between two values.
        closed: That missing days are of some days of the week, in words; empty if they are not.
        seasons: The season, and the errors of repeating each of several ones.
        window: The steps of a window.
        validation: The share of the validation set.
        task: What is predicted.
        others: Columns that are not used.
        missing: Whether a column that is used has missing values.
        calendar: The parts of the time stamps that are inputs.
        constant: A long run of equal values, in words; empty if there is none.
        sentinel: A number that looks like the mark of a missing value, in words; empty if there is none.
        far: A value that is far from all others, in words; empty if there is none.
        alike: Two names of series that differ only in case or white space.
        differ: Whether the means of the series differ much.
        left_out: The series without a window, in words; empty if all have one.
        overlap: That a series is tested while another one trains, in words; empty if none is.
    """

    options: ScaffoldOptions
    sample: TableSample
    target: str
    known: Sequence[str]
    steps: int
    series: int
    frequency: Frequency
    format: TimeFormat
    gaps: Array
    empty: Array
    seasons: Season
    window: int
    validation: float
    task: Task
    others: Sequence[str]
    missing: bool
    overlap: str = ""
    left_out: str = ""
    closed: str = ""
    calendar: Sequence[CalendarPart] = ()
    constant: str = ""
    sentinel: str = ""
    far: str = ""
    alike: str | None = None
    differ: bool = False

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
        return self.window if self.season is None else min(self.width, max(_UNITS, self.horizon))

    @property
    def hidden(self) -> str:
        """What follows the input, in words."""
        if self.differ:
            return f"Dense {_UNITS} → {self.horizon}, since the means of the series differ"
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
        return int(self.steps * (1 - self.validation - _TEST))

    @property
    def longest_filled(self) -> int:
        """The steps of the longest gap that is filled: a part of a season, over which a line is near the values."""
        seasons = self.frequency.seasons(self.steps)
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
            parts.append(f"{counted(int(self.empty.sum()), 'empty cell')} of {self.target}")
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
        return len(self.known) + sum(DATE_PARTS[part] for part in self.calendar)

    @property
    def width(self) -> int:
        """The values of the input: the window, and what is known of the steps to forecast."""
        return self.window + self.horizon * self.known_values


def draft_series(options: ScaffoldOptions) -> Draft:
    """The spec for a series; raises `ScaffoldError` and `DataError`."""
    if options.time is None:
        raise ScaffoldError("--horizon is for a series: name its time column with --time")
    if options.horizon is None:
        raise ScaffoldError("--time is for a series: say with --horizon how many time steps to forecast")
    options.refuse(("id",), "a series has no ids; --group is the column of the names of several series")
    plan = plan_series(options)
    return Draft(_text(plan), _lines(plan), [])


def plan_series(options: ScaffoldOptions) -> SeriesPlan:
    """The decisions for a series."""
    sample = read_sample(options.data, options.dialect)
    names = list(sample.columns)
    options.require_columns(names)
    assert options.time is not None and options.horizon is not None
    if not sample.complete:
        raise ScaffoldError(
            f"{options.name} has {sample.rows:,} rows; a series can have {len(sample.positions):,} at most"
        )
    profiles = {
        name: profile(name, sample.columns[name], sample.positions, name in sample.nested, sample.dialect.decimal)
        for name in names
    }
    target = _target(options, sample, profiles)
    for name in options.known:
        _require_known(profiles[name], sample)
    times, format = _times(options, sample)
    codes, names_of_series = _groups(sample, options.group)
    order = np.lexsort((times, codes))
    times, groups = times[order], codes[order]
    new = np.diff(groups, prepend=-1) != 0
    _require_distinct(times, format, new, order, sample, options)
    frequency = frequency_of(times, new, format.is_calendar)
    if frequency is None:
        raise ScaffoldError(f"{options.name} has too few rows for a series")
    _require_regular(times, frequency, order, sample, options)
    steps = frequency.steps(times)
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(steps)) - 1
    lengths = steps[last] - steps[first] + 1
    longest = int(lengths.max())
    values = _values(sample, target)
    sentinel = _sentinel(profiles[target], values)
    index = SeriesIndex(
        values[order, None], series=groups, names=names_of_series or [options.name], step=steps, frequency=frequency,
        format=format, length=len(steps),
    )  # fmt: skip
    validation = _validation(longest, options.horizon)
    gaps, closed = gaps_of(index), closed_days(index, gaps_of(index))
    index, season, window, left_out = _season(index, lengths, options)
    task = replace(task_of(profiles[target], "number"), classes=options.horizon, scale="standard")
    used = {target, options.time, options.group, *options.known}
    others = [name for name in names if name not in used]
    missing = any(profiles[name].missing for name in (target, *options.known))
    return SeriesPlan(
        options, sample, target, list(options.known), longest, int(new.sum()), frequency, format, gaps.sizes,
        _empty(sample, target, order, groups), season, window, validation, task, others, missing,
        _overlap(index, validation) if options.group is not None else "",
        left_out, closed,
        _calendar(sample, options, index, window, times, order), _constant(sample, target, options, order, groups),
        sentinel, "" if sentinel else _far(target, values, codes, names_of_series),
        None if options.group is None else variants(profiles[options.group]),
        _differ(values[order], groups),
    )  # fmt: skip


def _target(options: ScaffoldOptions, sample: TableSample, profiles: Mapping[str, ColumnProfile]) -> str:
    """The column to forecast: as named, or the only column of numbers."""
    used = {options.time, options.group, *options.known, *options.ignore}
    if options.label is not None:
        _require_numbers(profiles[options.label], "--label", sample)
        return options.label
    # A column that rises with the rows numbers them.
    numbers = [name for name, each in profiles.items() if name not in used and _are_numbers(each) and not each.rising]
    if len(numbers) != 1:
        shown = ", ".join(numbers[:8]) or "none of them"
        raise ScaffoldError(f"which column is forecast? Use --label COLUMN; it could be {shown}")
    return numbers[0]


def _are_numbers(profile: ColumnProfile) -> bool:
    numbers = profile.numbers
    return numbers is not None and numbers.unit is None and not (numbers.grouped or numbers.others or numbers.marks)


def _require_numbers(profile: ColumnProfile, option: str, sample: TableSample) -> None:
    if _are_numbers(profile):
        return
    texts = _texts_in(profile, sample)
    if not len(texts):
        raise ScaffoldError(f"{option}: {profile.name} is not a column of numbers")
    row = int(texts[0])
    example = quote_value(sample.columns[profile.name][row].as_py(), typed=False)
    raise ScaffoldError(
        f"{option}: {profile.name} is not numeric: {len(texts):,} of {profile.present:,} values "
        f"{'is' if len(texts) == 1 else 'are'} text, such as {example} (row {row + 1:,}): correct these values, or "
        "leave the cells empty"
    )


def _texts_in(profile: ColumnProfile, sample: TableSample) -> Array:
    """The rows with another text in a column of plain numbers; none in other columns."""
    import pyarrow.compute as pc

    if profile.numbers is None or profile.numbers.unit is not None or profile.numbers.grouped:
        return np.zeros(0, np.int64)
    texts = pc.utf8_trim_whitespace(NumberText(sample.dialect.decimal).plain(sample.columns[profile.name]))
    return np.flatnonzero(~pc.fill_null(pc.match_substring_regex(texts, PLAIN), True).to_numpy())


def _require_known(profile: ColumnProfile, sample: TableSample) -> None:
    if not is_boolean(profile):
        try:
            _require_numbers(profile, "--known", sample)
        except ScaffoldError as error:
            raise ScaffoldError(f"{error}; {KNOWN_HELP}")


def _times(options: ScaffoldOptions, sample: TableSample) -> tuple[Array, TimeFormat]:
    """The time stamps, in the format of their column if they are neither ISO 8601 dates nor integers."""
    assert options.time is not None
    values = sample.columns[options.time].to_pylist()
    try:
        return read_times(values)
    except InvalidTime as error:
        texts = list(map(str, values))
        # One of the later time stamps may be invalid.
        date = (text_format(texts, options.time) or text_format(texts[:_FIRST], options.time)
                if error.unknown_format else None)  # fmt: skip
        if date is None:
            help = f": write all time stamps in one format, such as {EXAMPLES}" if error.unknown_format else ""
            raise ScaffoldError(f"--time: row {error.row + 1:,} of {options.time} {error}{help}")
    if date.ambiguous:
        raise ScaffoldError(
            f"--time: day and month of {options.time} may be exchanged, as in {values[0]!r}: "
            "write the dates as 2024-03-02"
        )
    try:
        return read_times(values, date.format)
    except InvalidTime as error:
        raise ScaffoldError(f"--time: row {error.row + 1:,} of {options.time} {error}: correct it")


def _groups(sample: TableSample, group: str | None) -> tuple[Array, list[str]]:
    """The series of each row, as an index into their names."""
    if group is None:
        return np.zeros(sample.rows, np.int64), []
    codes = sample.columns[group].combine_chunks().dictionary_encode()
    if codes.indices.null_count:
        raise ScaffoldError(f"--group: {group} has {counted(codes.indices.null_count, 'missing value')}")
    return np.asarray(codes.indices.to_numpy()), list(map(str, codes.dictionary.to_pylist()))


def _require_distinct(
    times: Array, format: TimeFormat, new: Array, order: Array, sample: TableSample, options: ScaffoldOptions
) -> None:
    twice = np.flatnonzero((np.diff(times) == 0) & ~new[1:])
    if not len(twice):
        return
    assert options.time is not None
    rows = sorted(int(row) for row in order[twice[0] : twice[0] + 2])
    first = f"the first is {sample.columns[options.time][rows[0]]}, in rows {rows[0] + 1:,} and {rows[1] + 1:,}"
    verb = "repeats" if len(twice) == 1 else "repeat"
    if (remark := repeated_hour(times[twice[0]], format)) is not None:
        raise ScaffoldError(f"{options.name}: {options.time} repeats; {first}: {remark}")
    repeated = f"{counted(len(twice), 'row')} of {options.name} {verb} the {options.time} of another one"
    if options.group is not None:
        raise ScaffoldError(f"{repeated} of their series; {first}: correct or remove them")
    raise ScaffoldError(
        f"{repeated}; {first}: if there are several series, name the column of their names with --group; if not, "
        "correct or remove them"
    )


def _require_regular(
    times: Array, frequency: Frequency, order: Array, sample: TableSample, options: ScaffoldOptions
) -> None:
    wrong = np.flatnonzero(~frequency.fits(times))
    if not len(wrong):
        return
    assert options.time is not None
    row = int(order[wrong[0]])
    help = frequency.regular(options.time if options.group is None else None)
    raise ScaffoldError(
        f"{len(wrong):,} of {len(times):,} time stamps do not fit the most frequent step ({frequency.name}), the first "
        f"is {sample.columns[options.time][row]} in row {row + 1:,}: {help}"
    )


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
    text = short_text(names, lengths, window + horizon)
    return index, season, window, f"{text}; a window and the horizon need {window + horizon:,}" if text else ""


def _constant(sample: TableSample, target: str, options: ScaffoldOptions, order: Array, groups: Array) -> str:
    """A long run of equal values of the target other than 0, in words; empty without any."""
    assert options.time is not None
    codes = sample.columns[target].combine_chunks().dictionary_encode()
    values = codes.indices.fill_null(-1).to_numpy()[order]
    starts = np.flatnonzero(np.r_[True, (np.diff(values) != 0) | (np.diff(groups) != 0)])
    lengths = np.diff(np.r_[starts, len(values)])
    zero = [number for number, text in enumerate(map(str, codes.dictionary.to_pylist())) if not text.strip("-0.,")]
    lengths[np.isin(values[starts], [-1, *zero])] = 0
    run = int(lengths.argmax())
    if lengths[run] < max(_CONSTANT_STEPS, _CONSTANT_PART * len(values)):
        return ""
    rows = order[[starts[run], starts[run] + lengths[run] - 1]]
    begin, end = (sample.columns[options.time][int(row)] for row in rows)
    of = "" if options.group is None else f" of {sample.columns[options.group][int(rows[0])]}"
    value = sample.columns[target][int(rows[0])]
    return f"{target}{of} is {value} from {begin} to {end}: if it was not measured then, leave these cells empty"


def _sentinel(profile: ColumnProfile, values: Array) -> str:
    """A number that looks like the mark of a missing value, in words; empty without any."""
    assert profile.numbers is not None
    # Small numbers, such as -9, can be values in a few rows.
    sentinel = sentinel_of(profile.numbers, share=0)
    if sentinel is None or abs(sentinel) < _MIN_SENTINEL:
        return ""
    rows = np.flatnonzero(values == sentinel)
    first = f"row {rows[0] + 1:,}" if len(rows) == 1 else f"{len(rows):,} rows, the first is row {rows[0] + 1:,}"
    return f"{profile.name} is {sentinel:.0f} in {first}: if it stands for a missing value, leave the cell empty"


def _far(target: str, values: Array, series: Array, names: Sequence[str]) -> str:
    """Values that are far from all others of their series, in words; empty without any."""
    rows = far_rows(values, series)
    if not len(rows):
        return ""
    of = f" of series {names[series[rows[0]]]}" if names else ""
    more = f", and {counted(len(rows) - 1, 'further row')}" if len(rows) > 1 else ""
    return (
        f"{target}{of} is {values[rows[0]]:.10g} in row {rows[0] + 1:,}{more}: far from all others; correct the cell, "
        "or leave it empty"
    )


def _differ(values: Array, groups: Array) -> bool:
    """Whether the means of several series of positive level differ so much that one linear model does not fit them."""
    known = ~np.isnan(values)
    counts = np.bincount(groups[known])
    means = np.bincount(groups[known], values[known])[counts > 0] / counts[counts > 0]
    return bool(means.min() > 0 and means.max() > _DIFFERENT * means.min())


def _values(sample: TableSample, name: str) -> Array:
    """The numbers of a column, NaN for empty cells."""
    import pyarrow.compute as pc

    texts = pc.utf8_trim_whitespace(NumberText(sample.dialect.decimal).plain(sample.columns[name]))
    return np.asarray(pc.fill_null(pc.cast(texts, "float64"), np.nan).to_numpy())


def _validation(steps: int, horizon: int) -> float:
    """The smallest share with a forecast, whose first window begins in the training set."""
    found = next((share for share in _VALIDATION if horizon <= int(steps * share)), None)
    if found is None:
        most, several = int(steps * _VALIDATION[-1]), int(steps * _TEST) // _SEVERAL
        smaller = f"use a --horizon of at most {most:,}" if most else "add rows"
        if several:
            smaller += f"; with {several:,} the test set has {_SEVERAL} forecasts after each other"
        raise ScaffoldError(
            f"{steps:,} time steps are too few to forecast {horizon:,}: a fifth of them, the largest validation set, "
            f"has no forecast; {smaller}"
        )
    return found


def _overlap(index: SeriesIndex, validation: float) -> str:
    """A series that is tested while another one trains, in words; empty if none is."""
    own = Steps(index, np.arange(len(index)))
    split = TimeSplit(by="time", train=1 - validation - _TEST, validation=validation, test=_TEST)
    found = overlapping_periods(own, time_parts(own, split))
    return "" if found is None else str(found.message)


def _calendar(
    sample: TableSample, options: ScaffoldOptions, index: SeriesIndex, window: int, times: Array, order: Array
) -> list[CalendarPart]:
    """The parts of the time stamps that help, and that no known column follows from."""
    hours = times // (3600 * SECOND)
    values = {"hour": hours % 24, "weekday": hours // 24 % 7}
    known = [np.array(sample.columns[name].to_pylist(), object)[order] for name in options.known]
    return [
        part
        for part in helpful_parts(index, window, options.horizon or 1)
        if part not in values or not any(_follows(column, values[part]) for column in known)
    ]


def _follows(column: Array, part: Array) -> bool:
    """Whether a column has one value for each value of a part of the calendar, and several of them."""
    pairs = set(zip(part.tolist(), column.tolist()))
    return len(pairs) == len(set(part.tolist())) and len({value for _, value in pairs}) > 1


def _empty(sample: TableSample, target: str, order: Array, groups: Array) -> Array:
    """The lengths of the runs of empty cells of the target between two values of its series."""
    is_empty = np.asarray(sample.columns[target].combine_chunks().is_null().to_numpy(zero_copy_only=False))[order]
    known = np.flatnonzero(~is_empty)
    runs = np.where(np.diff(groups[known]) == 0, np.diff(known) - 1, 0)
    return np.asarray(runs[runs > 0])


def _window(season: int | None, horizon: int, steps: int) -> int:
    """The steps of a window: the seasons that the horizon covers, which are repeated at first, or some horizons."""
    if season is not None:
        return season * -(-horizon // season)
    return max(1, min(_PLAIN_WINDOW * horizon, steps // _MAX_PART))


def _text(plan: SeriesPlan) -> str:
    options = plan.options
    width = f"window {plan.window} × 1"
    if plan.known_values:
        width += f", known {plan.horizon} × {plan.known_values}"
    epochs, patience = (200, 20) if plan.is_linear else (100, 10)
    lines = [
        header(options), "seqspec = 1", "",
        "[model]", f"name = {toml(model_name(options.data))}", f"input = [{plan.width}]  # {width}",
        "layers = [", *_layers(plan), "]", "",
        *target_lines(plan.task), "",
        *compile_lines(plan.task, regression_loss="mae"), "",
        "[fit]", f"epochs = {epochs}", f"batch_size = {16 if plan.windows < _FEW_WINDOWS else 64}",
        f'callbacks = [{{ type = "EarlyStopping", patience = {patience}, restore_best_weights = true }}]', "",
        *source_lines(plan), "",
        "[data.split]", 'by = "time"', f"validation = {plan.validation}", f"test = {_TEST}", "",
        "[runtime]", "seed = 7",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _layers(plan: SeriesPlan) -> Iterator[str]:
    """The layers, whose first forecast is a baseline: a linear one, and for long series a hidden one before it.

    One for series of different levels starts anywhere.
    """
    if plan.known_values:
        yield '  "Normalization",  # learns mean and variance from the training set'
    else:
        of_all = 'one mean and variance for all values; with known, write "Normalization"'
        yield f'  {{ type = "Normalization", axis = "none" }},  # {of_all}'
    if plan.differ:
        yield f'  {{ type = "Dense", units = {_UNITS}, activation = "relu" }},  # the levels of the series differ'
        yield f"  {last_layer(plan.task, plan.target)},"
        return
    if not plan.is_linear:
        yield f'  {{ type = "Dense", units = {plan.units}, kernel_initializer = "identity" }},'
        yield '  { type = "PReLU", alpha_initializer = "ones" },  # linear at first'
    start = '"identity"' if plan.season else f'{{ type = "Constant", value = "1/{plan.window}" }}'
    yield f"  {last_layer(plan.task, plan.target, start)},  # starts by repeating {plan.start}"


def source_lines(plan: SeriesPlan) -> list[str]:
    """The source."""
    options = plan.options
    lines = []
    if plan.missing:
        lines = ["[data]", 'missing = "drop"  # windows with a missing value that gaps does not fill are left out', ""]
    lines += [
        "[data.source]", 'type = "series"', f"path = {toml(options.path)}", *dialect_lines(plan.sample.dialect),
        f"time = {toml(options.time or '')}  # {plan.frequency.name}",
        *([f"format = {toml(plan.format.format)}"] if plan.format.format else []),
    ]  # fmt: skip
    if options.group is not None:
        lines.append(f"group = {toml(options.group)}  # {plan.series:,} series")
    lines += [f"target = {toml(plan.target)}", f"features = {toml([plan.target])}"]
    if plan.known:
        lines.append(f"known = {toml(list(plan.known))}")
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
    return lines


def _lines(plan: SeriesPlan) -> list[tuple[str, str]]:
    said = "no gaps"
    if plan.gaps_text:
        said = f"{plan.gaps_text}, {plan.filled_text}"
    of = f" in {plan.series:,} series" if plan.options.group is not None else ""
    of_each = "of each series " if plan.options.group is not None else ""
    season = f"season {plan.season}" if plan.season else "no season"
    if plan.seasons.errors:
        season += f": {plan.seasons_text}"
    trained = f"{100 * (1 - plan.validation - _TEST):.0f} %"
    more = ""
    if plan.validation > _VALIDATION[0]:
        more = f"; {100 * plan.validation:.0f} % for validation, since fewer have no forecast"
    written = dialect_text(plan.sample.dialect)
    lines = [
        *([("format", written)] if written is not None else []),
        (plan.options.name, f"{plan.sample.rows:,} time steps{of}, {plan.frequency.name}, {said}"),
        ("forecast", f"{plan.target}, {plan.frequency.count(plan.horizon)} ahead; {plan.task.summary}"),
        ("window", f"{plan.frequency.count(plan.window)} ({season})"),
        (
            "split",
            f"by time: {of_each}the oldest {trained} train, the newest 20 % test{more}",
        ),
    ]
    if plan.closed:
        closed = "if it was closed then, write rows with 0, or remove the rows of these days in all series"
        lines.append(("closed?", f"{plan.closed}: {closed}"))
    if plan.frequency.closed:
        days = " and ".join(f"{day}s" for day in plan.frequency.closed)
        lines.append(("closed", f"no row is on {days}: these days are not counted as steps, and not forecast"))
    if plan.left_out:
        lines.append(("left out", plan.left_out))
    if plan.alike is not None:
        lines.append(("group", f"{plan.alike} are two series: write them alike if they are one"))
    if plan.sentinel:
        lines.append(("missing?", plan.sentinel))
    if plan.far:
        lines.append(("outlier", plan.far))
    if plan.constant:
        lines.append(("constant", plan.constant))
    if plan.overlap:
        lines.append(("", plan.overlap))
    if plan.others:
        lines.append(("not used", f"{', '.join(plan.others)}: with --known if they are known for the future"))
    if plan.calendar:
        lines.append(
            ("calendar", f"{', '.join(plan.calendar)} of the steps to forecast, which make linear forecasts better")
        )
    return [*lines, ("model", f"{plan.width:,} values → {plan.hidden}")]
