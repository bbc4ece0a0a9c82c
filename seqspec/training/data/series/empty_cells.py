"""Empty cells of the columns to forecast: steps that `gaps` fills as those whose rows are missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from seqspec.core.api.data import Data, GapFill, SeriesSource
from seqspec.core.api.diagnostics import Violation
from seqspec.core.api.messages import Message, Setting, TableName, fmt, shorten_list
from seqspec.training.data.missing import complete_rows
from seqspec.training.data.samples import Array, Samples
from seqspec.training.data.series.windows import windows
from seqspec.training.data.stored import RowIndex, StoredArray, Values, per_sample
from seqspec.training.data.time_axis.index import SeriesIndex

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
