"""Missing time steps of a series and empty cells: where they are, what they cost, and how they are filled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from seqspec.core.api.data import Data, GapFill, SeriesSource
from seqspec.core.api.diagnostics import Violation
from seqspec.core.api.messages import Message, Setting, TableName, counted, fmt, shorten_list
from seqspec.training.data.missing import complete_rows
from seqspec.training.data.samples import Array, Samples
from seqspec.training.data.series.windows import windows
from seqspec.training.data.stored import RowIndex, StoredArray, Values, chunks, per_sample
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


_MANY = 0.1
"""The fraction of windows from which their loss is a warning."""
_SHORT_PART = 4
"""The part of a season, or of the horizon without one, up to which a line is near the values of a gap."""
_MUCH_SMALLER = 0.5
"""The ratio of two shares of lost windows from which a smaller window is proposed."""


class EmptyCells(NamedTuple):
    """Empty cells between two values of a column: the rows of the cells that are filled, with what, and how many stay.

    Cells before the first and after the last value are not counted; `steps` are filled cells in rows of the file.
    """

    rows: Array
    numbers: Array
    steps: int
    left: int


def fill_cells(
    x: Values, index: SeriesIndex, features: Sequence[str], how: GapFill
) -> tuple[Values, SeriesIndex, dict[str, EmptyCells]]:
    """The features and index with empty cells of the columns to forecast filled, and what was filled by column."""
    y = index.y
    empty_by_column: dict[str, EmptyCells] = {}
    if y is None:
        return x, index, empty_by_column
    filled = np.zeros(len(index), bool) if index.filled is None else index.filled.copy()
    for place, name in enumerate(index.targets):
        cells = _empty_cells(index, _column(y, place), how)
        if len(cells.rows):
            y = _replaced(y, place, cells)
            if name in features:
                x = _replaced(x, features.index(name), cells)
            filled[cells.rows] = True
        if cells.steps or cells.left:
            empty_by_column[name] = cells
    return x, replace(index, y=y, filled=filled) if filled.any() else index, empty_by_column


def _column(values: Values, place: int) -> Array:
    return per_sample(lambda part: np.asarray(part[:, place], np.float32), values)


def _empty_cells(index: SeriesIndex, column: Array, how: GapFill) -> EmptyCells:
    is_empty = np.isnan(column)
    empty, known = np.flatnonzero(is_empty), np.flatnonzero(~is_empty)
    if not len(empty) or not len(known):
        return EmptyCells(empty[:0], column[:0], 0, 0)
    place = np.searchsorted(known, empty)
    before, after = known[np.maximum(place - 1, 0)], known[np.minimum(place, len(known) - 1)]
    between = (before < empty) & (empty < after) & index.is_consecutive(before, after)
    short = between & (after - before <= how.max + 1)
    rows, before, after = empty[short], before[short], after[short]
    share = ((rows - before) / (after - before) if how.fill == "linear" else np.zeros(len(rows))).astype(np.float32)
    added = np.zeros(len(rows), bool) if index.filled is None else index.filled[rows]
    numbers = column[before] * (1 - share) + column[after] * share
    return EmptyCells(rows, numbers, int((~added).sum()), int((between & ~short).sum()))


def _replaced(values: Values, place: int, cells: EmptyCells) -> Values:
    """The array with the filled cells of a column."""
    if not isinstance(values, StoredArray):
        replaced = values.copy()
        replaced[cells.rows, place] = cells.numbers
        return replaced

    def gather(asked: RowIndex) -> Array:
        part = values[asked].copy()
        own = np.arange(*asked.indices(len(values))) if isinstance(asked, slice) else asked
        at = np.minimum(np.searchsorted(cells.rows, own), len(cells.rows) - 1)
        inside = cells.rows[at] == own
        part[inside, place] = cells.numbers[at[inside]]
        return part

    return StoredArray(gather, len(values), values.shape[1:], values.dtype)


def _empty_columns(sets: Iterable[Samples]) -> dict[str, Array]:
    """The rows of the file's steps that are empty, by column; steps of several sets are counted once."""
    rows: dict[str, list[Array]] = {}
    for samples in sets:
        for values, names in ((samples.y, samples.labels), (samples.x, samples.features)):
            if values is None:
                continue
            for place, name in enumerate(names):
                empty = np.isnan(_column(values, place))
                if empty.any():
                    rows.setdefault(name, []).append(samples.series_steps.rows[empty])
    return {name: np.unique(np.concatenate(parts)) for name, parts in rows.items()}


def _empty_text(columns: Mapping[str, Array]) -> str:
    """The empty cells in words: "40 empty cells of sales, 3 of temp"."""
    shown = [f"{len(rows):,} of {name}" for name, rows in columns.items()]
    if not shown:
        return "missing values"
    count, of = shown[0].split(" ", 1)
    first = f"{count} empty {'cell' if count == '1' else 'cells'} {of}"
    return shorten_list([first, *shown[1:]])


def _filling_help(columns: Mapping[str, Array], source: SeriesSource, index: SeriesIndex) -> Message:
    """How the windows with empty cells are kept."""
    targets = [name for name in columns if name in index.targets]
    if not targets or source.time is None or index.y is None:
        names = shorten_list(list(columns))
        return Message(f"fill the cells of {names} in the file" if columns else "fill them in the file")
    longest = _longest_run(columns, index)
    if not longest:
        return fmt("remove the rows before the first and after the last value of {}", shorten_list(targets))
    return fmt(
        "set {} in {}",
        Setting("gaps", {"fill": "linear", "max": longest}),
        TableName(Data.key_path(lambda data: data.source)),
    )


def _longest_run(columns: Mapping[str, Array], index: SeriesIndex) -> int:
    """The most empty cells between two values of a column to forecast."""
    assert index.y is not None
    every = GapFill(fill="last", max=len(index))
    filled = [
        np.intersect1d(_empty_cells(index, _column(index.y, place), every).rows, columns[name])
        for place, name in enumerate(index.targets)
        if name in columns
    ]
    runs = (run for rows in filled for run in np.split(rows, np.flatnonzero(np.diff(rows) != 1) + 1))
    return max(map(len, runs), default=0)


def _seasons(index: SeriesIndex) -> list[int]:
    return [] if index.frequency is None else index.frequency.seasons(len(index))


def _smaller_window(sets: Mapping[str, Samples], source: SeriesSource, share: float) -> tuple[int, float] | None:
    """The largest window of whole seasons that loses a much smaller share, and its share; None if there is none."""
    horizon = source.horizon
    for size in reversed(_seasons(_index(sets))):
        window = size * -(-horizon // size)
        if window >= source.window:
            continue
        smaller = source.model_copy(update={"window": window})
        cut = [windows(steps, smaller, None) for steps in sets.values()]
        kept = [complete_rows(samples, "drop") for samples in cut]
        count = sum(map(len, cut))
        lost = count - sum(len(samples) if rows is None else len(rows) for samples, rows in zip(cut, kept))
        if count and lost / count <= _MUCH_SMALLER * share:
            return window, lost / count
    return None


def _index(sets: Mapping[str, Samples]) -> SeriesIndex:
    return next(iter(sets.values())).series_steps.index


def lost_windows(sets: Mapping[str, Samples], source: SeriesSource, count: int, lost: int) -> Iterator[Violation]:
    """A warning where many of the windows are left out for missing values."""
    if lost > _MANY * count:
        columns, index = _empty_columns(sets.values()), _index(sets)
        message = f"{_empty_text(columns)} lose {lost:,} of {count:,} windows ({lost / count:.0%})"
        help = _filling_help(columns, source, index)
        if index.y is not None and _longest_run(columns, index) > (*_seasons(index), source.horizon)[0] // _SHORT_PART:
            help = _window_help(_smaller_window(sets, source, lost / count)) or help
        yield Violation(
            "series-gap", message, path=Data.key_path(lambda data: data.missing), severity="warning", help=help
        )


def _window_help(smaller: tuple[int, float] | None) -> Message | None:
    if smaller is None:
        return None
    window, share = smaller
    return fmt(
        "set {} in {}, which loses {:.0%} of the windows, and the input of the model for it",
        Setting("window", window),
        TableName(Data.key_path(lambda data: data.source)),
        share,
    )


def lost_set(sets: Mapping[str, Samples], source: SeriesSource, name: str) -> Violation:
    """The error for a set, of these steps, in which every window has a missing value."""
    steps = sets[name]
    columns = _empty_columns([steps])
    message = f"every window of the {name} set has a missing value ({_empty_text(columns)})"
    help = _filling_help(columns, source, _index({name: steps}))
    return Violation("data-split", message, path=Data.key_path(lambda data: data.missing), help=help)
