"""Windows over the steps of a series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from seqspec.core.api.data import GapFill, SeriesSource
from seqspec.training.data.samples import Array, Samples
from seqspec.training.data.stored import RowIndex, StoredArray, Values, concatenate
from seqspec.training.data.time_axis.index import StepRows


def windows(steps: Samples, source: SeriesSource, input_shape: Sequence[int | None] | None) -> Samples:
    """Input windows and the values that follow each of them; none crosses a gap, or the end of a series.

    Inputs have the shape (window, features), or (window * features,) where the model's input has rank 1; labels
    (horizon * targets,). For columns that are known see `window_inputs`.
    """
    own, length = steps.series_steps, source.window + source.horizon
    if own.is_one_run:
        starts = np.arange(0, len(steps) - length + 1, source.stride)
    else:
        starts = np.arange(0, len(steps) - length + 1)
        starts = starts[_is_whole(own, starts, starts + length - 1)]
        starts = starts[_within_run(starts) % source.stride == 0]
    origins = starts + source.window - 1
    if isinstance(source.gaps, GapFill) and source.gaps.fill == "linear" and own.index.filled is not None:
        # The last input would be computed from a value that is to be forecast.
        observed = ~own.index.filled[own.rows[origins]]
        starts, origins = starts[observed], origins[observed]
    taken = own.take(origins)
    return Samples(
        window_inputs(steps.x, starts, source, input_shape),
        None if steps.y is None else _windows(steps.y, starts + source.window, source.horizon, True),
        features=steps.features,
        labels=steps.labels,
        files=steps.files,
        where=partial(_name, steps.where, starts, taken),
        warnings=steps.warnings,
        origins=taken,
    )


def _name(where: Callable[[int], str], starts: Array, origins: StepRows, row: int) -> str:
    """A window by the first step that it forecasts, or in a series without time and group by its first row."""
    index = origins.index
    if not index.is_named:
        return f"the window at {where(int(starts[row]))}"
    origin = int(origins.rows[row])
    of = index.of_series(origin)
    return f"the forecast from {index.time_of(origin, 1)}{of}"


def _is_whole(steps: StepRows, first: Array, last: Array) -> Array:
    """Whether the steps from `first` to `last` follow each other, in the samples and in time."""
    rows = steps.rows
    adjacent = rows[last] - rows[first] == last - first
    return np.asarray(adjacent & steps.index.is_consecutive(rows[first], rows[last]))


def _within_run(starts: Array) -> Array:
    """The place of each start in its run of consecutive ones."""
    if not len(starts):
        return starts
    begins = np.r_[True, np.diff(starts) != 1]
    return np.asarray(np.arange(len(starts)) - np.flatnonzero(begins)[np.cumsum(begins) - 1])


def window_inputs(x: Values, starts: Array, source: SeriesSource, input_shape: Sequence[int | None] | None) -> Values:
    """The inputs of windows that start at some steps.

    A flat input has the features of the window, then the known values of each step to forecast. Another one has a row
    for each step: its features and known values, which are those of the next step where one step is forecast.
    """
    flat = input_shape is not None and len(input_shape) == 1
    known = source.known_values
    if not known:
        return _windows(x, starts, source.window, flat)
    features, future = _columns(x, slice(0, -known)), _columns(x, slice(-known, None))
    if flat:
        past = _windows(features, starts, source.window, True)
        future = _windows(_columns(x, slice(-known, None)), starts + source.window, source.horizon, True)
        return concatenate(past, future)
    shift = 1 if source.horizon == 1 else 0
    past = _windows(features, starts, source.window, False)
    return concatenate(past, _windows(future, starts + shift, source.window, False))


def _columns(values: Values, chosen: slice) -> Values:
    if not isinstance(values, StoredArray):
        return values[:, chosen]
    return values.mapped(lambda part: part[:, chosen], (len(range(values.shape[1])[chosen]),))


def _windows(steps: Values, starts: Array, length: int, flat: bool) -> Values:
    """Windows of `length` time steps; those of a series on disk are cut when they are read."""
    shape = (length * steps.shape[1],) if flat else (length, steps.shape[1])
    if not isinstance(steps, StoredArray):
        if not len(starts):
            return np.empty((0, *shape), steps.dtype)
        array: Array = sliding_window_view(steps, length, axis=0)[starts].swapaxes(1, 2)
        return np.ascontiguousarray(array.reshape(len(array), *shape))

    def cut(rows: RowIndex) -> Array:
        first = starts[rows]
        inside = first[:, None] + np.arange(length)
        return steps[inside.reshape(-1)].reshape(len(first), *shape)

    return StoredArray(cut, len(starts), shape, steps.dtype)
