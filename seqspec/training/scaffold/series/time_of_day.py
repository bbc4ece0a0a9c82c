"""Tables whose time stamps are in two columns: the date, and the time of day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow.compute as pc

from seqspec.core.diagnostics.quote import quote_value
from seqspec.training.scaffold.options import ScaffoldOptions
from seqspec.training.scaffold.profile import ColumnProfile
from seqspec.training.scaffold.sample import TableSample

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
        found = {name: profiles[name].date for name in others}
        pairs = [(name, own) for name, date in found.items() if date is not None and not date.is_time_of_day]
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
