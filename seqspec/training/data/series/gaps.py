"""Missing time steps of a series: where they are, what they cost, and how they are filled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from seqspec.core.api.data import GapFill, SeriesSource
from seqspec.core.api.messages import Message, Setting, counted, fmt
from seqspec.training.data.samples import Array
from seqspec.training.data.stored import RowIndex, StoredArray, Values, chunks
from seqspec.training.data.time_axis.frequency import DAY, weekday_names
from seqspec.training.data.time_axis.index import SeriesIndex

_SHORT = (1, 2, 3, 6, 12, 24, 48)
"""Lengths of gaps that a help offers to fill."""
_LOSS = 0.1
"""The fraction of windows that may be lost to longer gaps for a help to offer a length."""

_MIN_CLOSED, _CLOSED = 5, 0.9
"""The missing days, and the part of them, from which their days of the week are named."""
_MAX_CODES = 31
"""The different values of a known column of codes, such as days of the month."""


class Gaps(NamedTuple):
    """The missing steps of an index: the row before each gap, and how many steps it misses."""

    rows: Array
    sizes: Array

    @property
    def missing(self) -> int:
        """The number of missing steps."""
        return int(self.sizes.sum())

    def before(self, observed: Array) -> Gaps:
        """Those that an observed row follows."""
        kept = observed[self.rows + 1]
        return Gaps(self.rows[kept], self.sizes[kept])


def gaps_of(index: SeriesIndex) -> Gaps:
    """The gaps of an index with time stamps."""
    assert index.step is not None
    missing = np.diff(index.step) - 1
    if index.series is not None:
        missing[np.diff(index.series) != 0] = 0
    rows = np.flatnonzero(missing)
    return Gaps(rows, missing[rows])


def describe(index: SeriesIndex, gaps: Gaps) -> str:
    """The gaps in a sentence: "60 gaps, 115 hours are missing, the longest 22 hours from 2011-01-26 18:00"."""
    longest = int(gaps.sizes.argmax())
    row, size = int(gaps.rows[longest]), int(gaps.sizes[longest])
    verb = "is" if gaps.missing == 1 else "are"
    start = index.time_of(row, 1)
    of = "" if index.series is None else f" in {index.name_of(row)}"
    if len(gaps.rows) == 1:
        return f"{index.count(size)} {verb} missing from {start}{of}"
    return (
        f"{counted(len(gaps.rows), 'gap')}, {index.count(gaps.missing)} {verb} missing, "
        f"the longest {index.count(size)} from {start}{of}"
    )


def closed_days(index: SeriesIndex, gaps: Gaps) -> str:
    """That missing days are nearly all of one or two days of the week, in words; empty if they are not."""
    frequency = index.frequency
    if frequency is None or frequency.kind != "fixed" or frequency.size != DAY or gaps.missing < _MIN_CLOSED:
        return ""
    rows = np.repeat(gaps.rows, gaps.sizes)
    offsets = np.arange(len(rows)) - np.repeat(np.cumsum(gaps.sizes) - gaps.sizes, gaps.sizes) + 1
    names, counts = np.unique(weekday_names(index.times_after(rows, offsets)), return_counts=True)
    order = np.argsort(-counts, kind="stable")[:2]
    for chosen in (order[:1], order):
        count = int(counts[chosen].sum())
        if count >= _CLOSED * gaps.missing:
            days = " and ".join(f"{names[day]}s" for day in sorted(chosen.tolist(), key=lambda day: -counts[day]))
            return f"{count:,} of the {gaps.missing:,} missing days are {days}"
    return ""


def advice(index: SeriesIndex, gaps: Gaps, source: SeriesSource) -> Message:
    """How to allow the gaps, and what that costs."""
    length = source.window + source.horizon
    whole = _window_count(index, gaps, length, int(gaps.sizes.max()))
    if not whole:
        return fmt("set {}", Setting("gaps", {"fill": "linear", "max": int(gaps.sizes.max())}))

    def lost(longest: int) -> float:
        return 1 - _window_count(index, gaps, length, longest) / whole

    shortest, longest = int(gaps.sizes.min()), int(gaps.sizes.max())
    longest = next((size for size in _SHORT if shortest <= size < longest and lost(size) <= _LOSS), longest)
    filled = Setting("gaps", {"fill": "linear", "max": longest})
    if gaps.missing > len(index):
        return fmt("most steps are missing: resample the series to longer ones, or set {}", filled)
    summer = _skipped_by_daylight_saving(index, gaps)
    return Message(
        Setting("gaps", "drop"),
        f" loses {lost(0):.0%} of the windows, ",
        filled,
        f" {lost(longest):.0%}",
        *((summer,) if summer else ()),
    )


def _window_count(index: SeriesIndex, gaps: Gaps, length: int, longest: int) -> int:
    """The windows of a length that cross no gap of more than `longest` steps."""
    assert index.step is not None
    left = gaps.rows[gaps.sizes > longest]
    starts = np.unique(np.r_[index.first_rows(), left + 1])
    ends = np.r_[starts[1:], len(index)] - 1
    return int(np.maximum(index.step[ends] - index.step[starts] + 2 - length, 0).sum())


def _skipped_by_daylight_saving(index: SeriesIndex, gaps: Gaps) -> str:
    """A remark if every gap is the hour that daylight saving time skips on a Sunday in spring."""
    frequency = index.frequency
    if frequency is None or frequency.kind != "fixed" or frequency.size > DAY // 24 or not index.format.is_calendar:
        return ""
    first = index.times_after(gaps.rows, 1)
    days = first.astype("datetime64[us]").astype("datetime64[D]")
    months = days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    hours = first % DAY // (DAY // 24)
    sunday = (days.astype(np.int64) + 4) % 7 == 0
    skipped = (gaps.sizes * frequency.size == DAY // 24) & sunday & np.isin(months, (3, 4, 9, 10)) & (hours <= 3)
    if not skipped.all():
        return ""
    return "; daylight saving time skips an hour there: time stamps in UTC have no gap"


class Filling(NamedTuple):
    """How rows of a filled series come from stored ones: between `left` and `right`, at `weight` of the way."""

    left: Array
    right: Array
    weight: Array

    def values(self, stored: Values, held: Array | None = None) -> Values:
        """The filled rows of an array, (rows, columns); columns that are `held` keep their value before the gap."""
        if not isinstance(stored, StoredArray):
            return _between(self, lambda rows: stored[rows], slice(None), held)
        return StoredArray(
            lambda rows: _between(self, lambda numbers: stored[numbers], rows, held),
            len(self.left),
            stored.shape[1:],
            np.float32,
        )


def coded_columns(x: Values, features: int) -> Array:
    """Which columns are known ones, after the `features`, of a few integers: between 0 and 1 there is no 0.5."""
    held = np.zeros(x.shape[1], bool)
    values: list[Array] = [np.zeros(0)] * (x.shape[1] - features)
    held[features:] = True
    for _, chunk in chunks(x) if values else ():
        for number in np.flatnonzero(held[features:]).tolist():
            column = chunk[:, features + number]
            codes = np.union1d(values[number], column[~np.isnan(column)])
            values[number] = codes
            held[features + number] = len(codes) <= _MAX_CODES and bool((codes == np.round(codes)).all())
    return held


def _between(filling: Filling, read: Callable[[Array], Array], rows: RowIndex, held: Array | None) -> Array:
    left, right, weight = (filled[rows] for filled in filling)
    array = read(left).astype(np.float32)
    inside = np.flatnonzero(weight)
    if len(inside):
        share = weight[inside, None].astype(np.float32)
        if held is not None:
            share = np.where(held, np.float32(0), share)
        array[inside] = array[inside] * (1 - share) + read(right[inside]).astype(np.float32) * share
    return array


def fill_gaps(index: SeriesIndex, gaps: Gaps, how: GapFill) -> tuple[SeriesIndex, Filling]:
    """The index with a row for each filled step; gaps of more than `how.max` steps are left."""
    assert index.step is not None
    extra = np.zeros(len(index), np.int64)
    short = gaps.sizes <= how.max
    extra[gaps.rows[short]] = gaps.sizes[short]
    left = np.repeat(np.arange(len(index)), 1 + extra)
    offset = np.arange(len(left)) - np.r_[0, np.cumsum(1 + extra)[:-1]][left]
    filled = offset > 0
    weight = np.where(filled, offset / (extra[left] + 1), 0.0) if how.fill == "linear" else np.zeros(len(left))
    right = np.where(filled, np.minimum(left + 1, len(index) - 1), left)
    filling = Filling(left, right, weight)
    whole = replace(
        index,
        y=None if index.y is None else filling.values(index.y),
        series=None if index.series is None else index.series[left],
        step=index.step[left] + offset,
        filled=filled,
        length=len(left),
    )
    return whole, filling
