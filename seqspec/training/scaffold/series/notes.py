"""What must be known of the rows of time series: cells to correct, and what is not used."""

from __future__ import annotations

import numpy as np

from seqspec.core.api.data import TimeSplit
from seqspec.core.api.messages import counted
from seqspec.training.data.far_values import SENTINEL_HELP, sentinel_of
from seqspec.training.data.series.checks import far_rows, overlapping_periods
from seqspec.training.data.series.gaps import closed_days, gaps_of
from seqspec.training.data.series.sets import time_parts
from seqspec.training.data.time_axis.index import SeriesIndex, StepRows
from seqspec.training.data.time_axis.times import has_offset
from seqspec.training.scaffold.kinds import variants
from seqspec.training.scaffold.series.rows import SeriesRows

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
