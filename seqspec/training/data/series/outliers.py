"""Values of a series that are far from all others, such as a number that was written in the wrong place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from seqspec.core.diagnostics.message import counted
from seqspec.core.diagnostics.violation import Violation
from seqspec.training.data.far_values import MIN_DISTINCT, SENTINEL_HELP, Distinct, far_bounds, isolated_sentinel
from seqspec.training.data.samples import Array, ReadContext, Samples
from seqspec.training.data.stored import Values, per_sample

_MOST = 3
"""The values at one end of a series that are compared with the others together; more of them belong to the series."""


def far_rows(values: Array, series: Array | None) -> Array:
    """The rows of values that are far from all others of their series; NaN is not compared."""
    if series is None:
        return _far(values, np.arange(len(values)))
    order = np.argsort(series, kind="stable")
    bounds = np.flatnonzero(np.diff(series[order])) + 1
    return np.sort(np.concatenate([_far(values[rows], rows) for rows in np.split(order, bounds)]))


def _far(values: Array, rows: Array) -> Array:
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    ordered = values[order].astype(np.float64)
    found = [rows[:0]]
    for sign, ends in ((1.0, order), (-1.0, order[::-1])):
        ascending = sign * (ordered if sign > 0 else ordered[::-1])
        for count in range(1, min(_MOST, len(ascending) - 1) + 1):
            rest = ascending[:-count]
            # The other end may have such a value, too.
            _, high = far_bounds(rest[min(_MOST, len(rest) - 1)], rest[-1])
            if ascending[-count] > high and len(np.unique(rest)) >= MIN_DISTINCT:
                found.append(rows[ends[-count:]])
                break
    return np.unique(np.concatenate(found))


def far_values(steps: Samples, known: Sequence[str], context: ReadContext) -> Iterator[Violation]:
    """Warnings for values of the columns to forecast, and of known ones, that are far from all others."""
    index, own = steps.series_steps.index, steps.series_steps.rows
    series = None if index.series is None else index.series[own]
    columns: list[tuple[str, Values, int]] = []
    if steps.y is not None:
        columns += [(name, steps.y, place) for place, name in enumerate(steps.labels)]
    columns += [(name, steps.x, steps.features.index(name)) for name in known]
    named = {name for name, _, _ in columns}
    inputs = [(name, steps.x, place) for place, name in enumerate(steps.features) if name not in named]
    for name, array, place in [*columns, *inputs]:
        values = per_sample(partial(np.take, indices=place, axis=1), array)
        sentinel = isolated_sentinel(numbers := Distinct.of(values))
        if sentinel is not None:
            row = int(np.flatnonzero(values == sentinel)[0])
            count = counted(numbers.rows_of(sentinel), "row")
            text = f"{name} is {sentinel:.6g} in {count}, first in {steps.where(row)}"
            key = "target" if name in steps.labels else "known" if name in named else "path"
            yield context.violation(
                "data-values", f"{text}: far from all others", key, severity="warning", help=SENTINEL_HELP
            )
            values = np.where(values == sentinel, np.nan, values)
        if name not in named:
            continue
        rows = far_rows(values, series)
        if len(rows):
            row = int(rows[0])
            of = index.of_series(int(own[row]))
            more = f", as in {counted(len(rows) - 1, 'further row')}" if len(rows) > 1 else ""
            text = f"{name}{of} is {values[row]:.6g} at {index.time_of(int(own[row]))} ({steps.where(row)}){more}"
            yield context.violation(
                "data-values", f"{text}: far from all others", "target" if name in steps.labels else "known",
                severity="warning", help="correct the cell, or leave it empty",
            )  # fmt: skip
