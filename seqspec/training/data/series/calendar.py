"""The key `calendar` of a series: inputs that follow from the time stamps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqspec.core.api.data import DATE_PARTS, CalendarPart, SeriesSource
from seqspec.training.data.encoding.dates import MICROSECONDS, SECONDS_PER_DAY, parts_of
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.stored import Array, Values, concatenate
from seqspec.training.data.time_axis.index import SeriesIndex, StepRows

_SUFFIXES = {1: ("",), 2: ("_sin", "_cos")}
"""Endings of the names of the inputs of a part, by their number."""


def calendar_names(source: SeriesSource) -> list[str]:
    """The names of the inputs: "day.weekday_sin", "day.weekday_cos"."""
    parts = source.calendar or ()
    return [f"{source.time}.{part}{suffix}" for part in parts for suffix in _SUFFIXES[DATE_PARTS[part]]]


def with_calendar(x: Values, index: SeriesIndex, source: SeriesSource, context: ReadContext) -> Values:
    """The inputs of each step, and after them those of the calendar; raises `DataError` where these are constant."""
    if not index.format.is_calendar:
        message = f"the time stamps of {source.time} are integers: they have no {' or '.join(source.calendar or ())}"
        raise context.error("series-time", message, "calendar", help="remove calendar")
    calendar_columns = calendar_inputs(source.calendar or (), index.times_after(np.arange(len(index))))
    _require_changing(calendar_columns, source, context)
    return concatenate(x, calendar_columns)


def calendar_inputs(parts: Sequence[CalendarPart], times: Array) -> Array:
    """The inputs at time stamps in microseconds since 1970-01-01: float32 of shape (steps, inputs)."""
    seconds = times // MICROSECONDS
    days = seconds // SECONDS_PER_DAY
    unused = np.zeros((), np.int64)
    return parts_of(parts, days, seconds - days * SECONDS_PER_DAY, (unused, unused))


def _require_changing(x: Array, source: SeriesSource, context: ReadContext) -> None:
    """Raises `DataError` for a part that is the same at all steps, such as the hour of days."""
    if context.trained:
        return
    at = 0
    for part in source.calendar or ():
        own = x[:, at : at + DATE_PARTS[part]]
        at += DATE_PARTS[part]
        if len(own) and (own == own[0]).all():
            message = f"the {part} is the same at all steps of {source.path}"
            raise context.error("series-time", message, "calendar", help=f"remove {part}")


def continued(x: Values, origins: StepRows, source: SeriesSource) -> tuple[Array, Array]:
    """The last windows of series, each with the steps to forecast after it, and where the windows start.

    Of the steps to forecast only the inputs of the calendar are known; the others are 0, and not used.
    """
    index, count, length = origins.index, len(origins), source.window + source.horizon
    inputs = np.zeros((count, length, x.shape[1]), np.float32)
    past = origins.rows[:, None] - source.window + 1 + np.arange(source.window)
    inputs[:, : source.window] = np.asarray(x[past.reshape(-1)]).reshape(count, source.window, -1)
    steps = np.tile(np.arange(1, source.horizon + 1), count)
    future = calendar_inputs(source.calendar or (), index.times_after(np.repeat(origins.rows, source.horizon), steps))
    inputs[:, source.window :, -future.shape[1] :] = future.reshape(count, source.horizon, -1)
    return inputs.reshape(count * length, -1), np.arange(count) * length
