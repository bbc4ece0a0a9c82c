"""The sets of a series: split in time, then cut into windows."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from seqspec.core.api.data import Data, SeriesSource, TimeKFoldSplit, TimeSplit
from seqspec.core.api.diagnostics import Violation
from seqspec.core.api.messages import Setting, counted, fmt, shorten_list
from seqspec.core.api.training import split_series
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.samples import Samples, shape_text
from seqspec.training.data.series.checks import overlapping_periods
from seqspec.training.data.series.short_series import short_text
from seqspec.training.data.series.windows import windows
from seqspec.training.data.split import SETS, counts_in_time, split_rows
from seqspec.training.data.stored import Array, row_dtype
from seqspec.training.data.time_axis.index import StepRows
from seqspec.training.errors import DataError

VALIDATION_SHARES = (0.1, 0.15, 0.2)
"""Shares of the steps that validate, of which the smallest one with a forecast is chosen."""
_BY_TIME = (TimeSplit, TimeKFoldSplit)


def split_steps(
    whole: Samples, source: SeriesSource, split: object, seed: int
) -> tuple[dict[str, Array], dict[str, Samples], list[Violation]]:
    """The rows of each set, its steps, and warnings.

    Of a series with time stamps the steps of a later set begin with those that its first windows start with, which
    belong to the set before: a forecast is made from everything that is known by then.

    Raises:
        DataError: The split cannot be made.
    """
    own = whole.series_steps
    warnings: list[Violation] = []
    if isinstance(split, _BY_TIME) and (source.time is not None or source.group is not None):
        rows = time_parts(own, split)
        overlap = overlapping_periods(own, rows)
        warnings = [] if overlap is None else [overlap]
    else:
        rows, warnings = split_rows(whole, split, seed, Data.key_path(lambda data: data.split))
        if source.time is None and source.group is None:
            _require_consecutive(rows, split)
    reaches_back = source.time is not None and isinstance(split, _BY_TIME) and not split.gap
    chosen = {
        name: _with_inputs(own, set_rows, source.window) if reaches_back and name != SETS[0] else set_rows
        for name, set_rows in rows.items()
    }
    return rows, {name: whole.take(set_rows) for name, set_rows in chosen.items()}, warnings


def time_parts(steps: StepRows, split: TimeSplit | TimeKFoldSplit) -> dict[str, Array]:
    """The rows of each set that is not empty: of every series the oldest steps train, the newest test."""
    parts: dict[str, list[Array]] = {name: [] for name in SETS}
    starts = steps.starts()
    for first, end in zip(starts.tolist(), [*starts[1:].tolist(), len(steps)]):
        start = first
        for name, count in counts_in_time(end - first, split).items():
            stop = start + count
            # The gap is taken from the beginning of the later set.
            parts.setdefault(name, []).append(np.arange(min(start + (split.gap if start > first else 0), stop), stop))
            start = stop
    dtype = row_dtype(len(steps))
    joined = {name: np.concatenate(parts[name]).astype(dtype, copy=False) for name in SETS if parts[name]}
    return {name: rows for name, rows in joined.items() if len(rows) or split.fractions.get(name, 1.0)}


def _with_inputs(steps: StepRows, rows: Array, window: int) -> Array:
    """The rows of a set with the `window` rows before them in each series."""
    if not len(rows):
        return rows
    series = steps.index.series[steps.rows] if steps.index.series is not None else np.zeros(len(steps), np.int8)
    begins = rows[np.r_[True, (np.diff(rows) != 1) | (np.diff(series[rows]) != 0)]].tolist()
    before = [np.arange(max(0, begin - window), begin) for begin in begins]
    kept = [last[series[last] == series[begin]] for last, begin in zip(before, begins)]
    return np.union1d(np.concatenate(kept), rows).astype(rows.dtype)


def _require_consecutive(rows: Mapping[str, Array], split: object) -> None:
    """Raises `DataError` if a set does not have consecutive steps of a series, since its windows would have gaps."""
    if isinstance(split, _BY_TIME):
        return
    for name, chosen in rows.items():
        gaps = int((np.diff(chosen) != 1).sum())
        if gaps:
            raise DataError([split_series(fmt("; the {} set has {:,} gaps", name, gaps))])


def cut_windows(sets: Mapping[str, Samples], source: SeriesSource, context: ReadContext) -> dict[str, Samples]:
    """Time steps cut into windows within each set; raises `DataError` for a set that is too short for one window."""
    _require_length(sets, source, context)
    cut = {name: windows(samples, source, context.input_shape) for name, samples in sets.items()}
    if source.features is None and not source.path.endswith(".npy"):
        _require_shape(cut, source, context)
    short = next((name for name, samples in cut.items() if not len(samples)), None)
    if short is None:
        return cut
    if source.time is None and source.group is None:
        message = f"the {short} set is too short for one window of {source.window} + {source.horizon} steps"
        raise context.error("data-split", message, "window")
    raise _empty(short, sets, source, context)


def _require_shape(sets: Mapping[str, Samples], source: SeriesSource, context: ReadContext) -> None:
    """Raises `DataError` where the columns that are features by default do not fit the input."""
    samples, wanted = next(iter(sets.values())), context.input_shape
    shape, known = samples.x.shape[1:], source.known_values
    if wanted is None or len(wanted) != len(shape) or all(size in (None, own) for size, own in zip(wanted, shape)):
        return
    features = samples.features[: len(samples.features) - known]
    message = (
        f"the model expects {shape_text(wanted)}, a window has {shape_text(shape)}: {source.window:,} steps of "
        f"{counted(len(features), 'feature')}, {shorten_list(list(features))}"
    )
    numbers = Setting("features", source.targets or features[:1])
    help = fmt("features are all numeric columns by default: set {}", numbers)
    raise DataError([Violation("data-mismatch", message, path=("model", "input"), help=help)])


def _require_length(sets: Mapping[str, Samples], source: SeriesSource, context: ReadContext) -> None:
    """Raises `DataError` if no series has a window, however they are split."""
    index, needed = next(iter(sets.values())).series_steps.index, source.window + source.horizon
    starts = index.first_rows()
    lengths = np.diff(np.r_[starts, len(index)])
    if (lengths >= needed).any():
        return
    if index.series is None:
        message = f"the series has {counted(len(index), 'step')}; a window and its horizon need {needed:,}"
        help = "set a shorter window or horizon, or add rows"
    else:
        names = [index.names[number] for number in index.series[starts]]
        message, help = short_text(names, lengths, needed), "set a shorter window or horizon"
    raise context.error("short-series", message, "window", help=help)


def _empty(name: str, sets: Mapping[str, Samples], source: SeriesSource, context: ReadContext) -> DataError:
    """The error for a set of series that has no window."""
    steps = sets[name].series_steps
    total, count = len(steps.index), len(steps)
    own = count if name == SETS[0] or not source.time else max(0, count - source.window * len(steps.starts()))
    needed = source.window + source.horizon if name == SETS[0] or not source.time else source.horizon
    if own >= needed * max(1, len(steps.starts())):
        message = f"no window of {source.window:,} + {source.horizon:,} steps in the {name} set is without a gap"
        return context.error("series-gap", message, "gaps" if "gaps" in source.model_fields_set else "time")
    longest = max(1, total // max(1, len(steps.index.first_rows())))
    what = "a window and its horizon need" if needed > source.horizon else "a forecast needs"
    message = f"the {name} set has {counted(own, 'step')}, {what} {needed:,}"
    share = math.ceil(100 * needed / longest) / 100
    fits = share < 1 and name != SETS[0]
    help = fmt("set {} or more", Setting(name, share)) if fits else "set smaller fractions for the other sets"
    path = (
        ("data", "split", name)
        if context.path == Data.key_path(lambda data: data.source) and name != SETS[0]
        else context.path
    )
    return DataError([Violation("short-series", message, path=path, help=help)])
