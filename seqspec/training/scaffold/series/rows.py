"""The rows of a table with time series: the values to forecast, time stamps and series, as far as they can be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from seqspec.core.api.messages import counted, quote_value
from seqspec.training.data.encoding.date_formats import TIME_EXAMPLES, text_format
from seqspec.training.data.number_columns import KNOWN_HELP
from seqspec.training.data.samples import Array
from seqspec.training.data.tables.number_text import NumberText
from seqspec.training.data.time_axis.frequency import Frequency, frequency_of
from seqspec.training.data.time_axis.times import InvalidTime, TimeFormat, read_times, repeated_hour
from seqspec.training.scaffold.kinds import is_boolean
from seqspec.training.scaffold.options import ScaffoldError, ScaffoldOptions
from seqspec.training.scaffold.profile import PLAIN, ColumnProfile, profile
from seqspec.training.scaffold.sample import TableSample, read_sample

_TIME = r"^\s*([01]?\d|2[0-3])(:[0-5]\d(:[0-5]\d)?|\.[0-5]\d\.[0-5]\d)\s*$"
_HOUR = r"^\s*([01]?\d|2[0-3])\s*$"
_HOURS = 24
_DISTINCT = 0.9
"""The share of rows that have a time of their own; some repeat, such as an hour when clocks are set back."""


def is_time_of_day(name: str, sample: TableSample) -> bool:
    """Whether all cells of a column are times such as 18:00, or hours of which all occur."""
    cells = sample.columns[name]
    if cells.null_count or not len(cells):
        return False
    if pc.all(pc.match_substring_regex(cells, _TIME)).as_py():
        return True
    hours = pc.utf8_trim_whitespace(cells)
    return pc.all(pc.match_substring_regex(cells, _HOUR)).as_py() and len(hours.unique()) == _HOURS


def joined_help(options: ScaffoldOptions, profiles: Mapping[str, ColumnProfile], sample: TableSample) -> str:
    """How a date and a time of day become one time stamp, in words; empty without such a pair of columns."""
    shown = [
        f"the time of day is in column {time}, the date in column {date}: join both into one column, with cells such "
        f"as {quote_value(_joined(date, time, sample), typed=False)}, and name it with --time"
        for date, time in _pairs(options, profiles, sample)
    ]
    return "; or ".join(shown)


def _pairs(
    options: ScaffoldOptions, profiles: Mapping[str, ColumnProfile], sample: TableSample
) -> Iterator[tuple[str, str]]:
    own = options.time or ""
    others = [name for name in profiles if name not in (own, options.group, options.label)]
    if is_time_of_day(own, sample):
        dates = {name: profiles[name].date for name in others}
        pairs = [(name, own) for name, date in dates.items() if date is not None and not date.is_time_of_day]
    else:
        pairs = [(own, name) for name in others if is_time_of_day(name, sample)]
    for day, time in pairs:
        names = [day, time, *([] if options.group is None else [options.group])]
        keys = pc.binary_join_element_wise(*(pc.fill_null(sample.columns[name], "") for name in names), "\n")
        if ":" not in str(sample.columns[day][0]) and len(keys.unique()) >= _DISTINCT * sample.rows:
            yield day, time


def _joined(date: str, time: str, sample: TableSample) -> str:
    day, clock = (str(sample.columns[name][0]).strip() for name in (date, time))
    clock = clock.replace(".", ":")
    return f"{day} {clock if ':' in clock else f'{int(clock):02}:00'}"


_FIRST = 20
"""Time stamps whose format is that of a column, if one of the later ones has another."""


@dataclass(frozen=True)
class SeriesRows:
    """The rows of a table with time series.

    Attributes:
        options: What the user says.
        sample: The table.
        profiles: Its columns.
        target: The column to forecast.
        values: Its numbers, NaN for empty cells.
        series: The series of each row, as an index into their names.
        names: The names of the series; empty without a column of them.
        order: The rows by series and time.
        times: The time stamps in this order.
        format: How they are written.
        frequency: The time between two steps.
    """

    options: ScaffoldOptions
    sample: TableSample
    profiles: Mapping[str, ColumnProfile]
    target: str
    values: Array
    series: Array
    names: list[str]
    order: Array
    times: Array
    format: TimeFormat
    frequency: Frequency

    @property
    def groups(self) -> Array:
        """The series of each row, in their order."""
        return np.asarray(self.series[self.order])

    def column(self, name: str) -> Array:
        """The cells of a column in the order of the rows, None where one is empty."""
        return np.array(self.sample.columns[name].to_pylist(), object)[self.order]


def read_rows(options: ScaffoldOptions) -> SeriesRows:
    """The rows of a table; raises `ScaffoldError` where they do not make up regular series."""
    sample = read_sample(options.data, options.dialect)
    options.require_columns(list(sample.columns))
    if not sample.complete:
        message = f"{options.name} has {sample.rows:,} rows; a series can have {len(sample.positions):,} at most"
        raise ScaffoldError(message)
    profiles = {
        name: profile(name, column, sample.positions, name in sample.nested, sample.dialect.decimal)
        for name, column in sample.columns.items()
    }
    target = _target(options, sample, profiles)
    for name in options.known:
        _require_known(profiles[name], sample)
    times, format = _times(options, profiles, sample)
    series, names = _groups(sample, options.group)
    order = np.lexsort((times, series))
    times, new = times[order], np.diff(series[order], prepend=-1) != 0
    _require_distinct(times, format, new, order, options, profiles, sample)
    frequency = frequency_of(times, new, format.is_calendar)
    if frequency is None:
        raise ScaffoldError(f"{options.name} has too few rows for a series")
    _require_regular(times, frequency, order, sample, options)
    values = _values(sample, target)
    return SeriesRows(
        options=options,
        sample=sample,
        profiles=profiles,
        target=target,
        values=values,
        series=series,
        names=names,
        order=order,
        times=times,
        format=format,
        frequency=frequency,
    )


def _target(options: ScaffoldOptions, sample: TableSample, profiles: Mapping[str, ColumnProfile]) -> str:
    """The column to forecast: as named, or the only column of numbers."""
    used = {options.time, options.group, *options.known, *options.ignore}
    if options.label is not None:
        _require_numbers(profiles[options.label], "--label", sample)
        return options.label
    # A column that rises with the rows numbers them.
    numbers = [
        name
        for name, column_profile in profiles.items()
        if name not in used and _are_numbers(column_profile) and not column_profile.rising
    ]
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


def _values(sample: TableSample, name: str) -> Array:
    """The numbers of a column, NaN for empty cells."""
    texts = pc.utf8_trim_whitespace(NumberText(sample.dialect.decimal).plain(sample.columns[name]))
    return np.asarray(pc.fill_null(pc.cast(texts, "float64"), np.nan).to_numpy())


def _times(
    options: ScaffoldOptions, profiles: Mapping[str, ColumnProfile], sample: TableSample
) -> tuple[Array, TimeFormat]:
    """The time stamps, in the format of their column if they are neither ISO 8601 dates nor integers."""
    assert options.time is not None
    values = sample.columns[options.time].to_pylist()
    try:
        return read_times(values)
    except InvalidTime as error:
        texts = list(map(str, values))
        # One of the later time stamps may be invalid.
        date = (
            text_format(texts, options.time) or text_format(texts[:_FIRST], options.time)
            if error.unknown_format
            else None
        )
        if date is None:
            if help := joined_help(options, profiles, sample):
                raise ScaffoldError(f"--time: {help}")
            help = f": write all time stamps in one format, such as {TIME_EXAMPLES}" if error.unknown_format else ""
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
    times: Array,
    format: TimeFormat,
    new: Array,
    order: Array,
    options: ScaffoldOptions,
    profiles: Mapping[str, ColumnProfile],
    sample: TableSample,
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
    if joined := joined_help(options, profiles, sample):
        raise ScaffoldError(f"{options.name}: {options.time} repeats; {first}: {joined}")
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
