"""What is reported about series that can be used: far values, columns that reveal the target, short windows, ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from seqspec.core.api.data import Data, SeriesSource
from seqspec.core.api.diagnostics import Violation
from seqspec.core.api.messages import Setting, counted, fmt, shorten_list
from seqspec.training.data.far_values import MIN_DISTINCT, SENTINEL_HELP, Distinct, far_bounds, isolated_sentinel
from seqspec.training.data.leaks.statistics import r_squared
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.samples import Array, Samples
from seqspec.training.data.stored import Values, per_sample
from seqspec.training.data.time_axis.index import MAX_NAMES, SeriesIndex, StepRows

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
    far_parts = [rows[:0]]
    for sign, ends in ((1.0, order), (-1.0, order[::-1])):
        ascending = sign * (ordered if sign > 0 else ordered[::-1])
        for count in range(1, min(_MOST, len(ascending) - 1) + 1):
            rest = ascending[:-count]
            # The other end may have such a value, too.
            _, high = far_bounds(rest[min(_MOST, len(rest) - 1)], rest[-1])
            if ascending[-count] > high and len(np.unique(rest)) >= MIN_DISTINCT:
                far_parts.append(rows[ends[-count:]])
                break
    return np.unique(np.concatenate(far_parts))


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
                "data-values",
                f"{text}: far from all others",
                "target" if name in steps.labels else "known",
                severity="warning",
                help="correct the cell, or leave it empty",
            )


_MAX_ROWS = 20_000
_DETERMINES = 0.95
"""The share of the variance of a target that a single known column explains from which it is reported."""
_SUM = 0.9999
"""The share from which the known columns together are reported."""


def findings(steps: Samples, source: SeriesSource, context: ReadContext) -> Iterator[Violation]:
    """Findings that do not keep a series from being used; raises `DataError` for a season longer than the series."""
    assert steps.y is not None
    index = steps.series_steps.index
    season = index.season
    if source.season is not None and source.season >= len(steps):
        message = f"the season has {source.season:,} steps, the series {len(steps):,}"
        raise context.error(
            "short-series",
            message,
            "season",
            help="set the steps after which the series repeats, such as 12 for months",
        )
    if season is not None and season > source.window and source.time is not None:
        yield context.violation(
            "seasonal-window",
            f"the window has {index.count(source.window)}, the season {season:,}: "
            "the model does not see the values of one season before",
            "window",
            severity="info",
            help=fmt("set {}", Setting("window", season)),
        )
    yield from far_values(steps, source.known or (), context)
    if source.known:
        yield from _revealing(steps, source, context)
    last = np.asarray(np.r_[index.first_rows()[1:], len(index)] - 1)
    if (text := early_ends(index, last, source.horizon)) is not None:
        yield context.violation("series-time", text, "group", severity="info")


def early_ends(index: SeriesIndex, last: Array, horizon: int) -> str | None:
    """The series whose last row, of `last`, is more than a horizon before that of others; None without any."""
    if index.step is None or index.series is None or not len(last):
        return None
    ends = index.step[last]
    early = last[ends < ends.max() - horizon]
    if not len(early):
        return None
    names = [f"{index.name_of(int(row))} ends {index.time_of(int(row))}" for row in early]
    latest = index.time_of(int(last[ends.argmax()]))
    return f"{shorten_list(names, MAX_NAMES)}: long before the last one, which ends {latest}"


def overlapping_periods(whole: StepRows, rows: Mapping[str, Array]) -> Violation | None:
    """That a series is tested while another one trains, since each is split by itself; None if none is."""
    index = whole.index
    later = next((name for name in ("test", "validation") if len(rows.get(name, ()))), None)
    if index.step is None or index.series is None or later is None or not len(rows.get("train", ())):
        return None
    trained, tested = whole.rows[rows["train"]], whole.rows[rows[later]]
    last, first = int(trained[index.step[trained].argmax()]), int(tested[index.step[tested].argmin()])
    if index.step[first] > index.step[last]:
        return None
    text = (
        f"each series is split by itself: the {later} set of {index.name_of(first)} begins {index.time_of(first)}, "
        f"{index.name_of(last)} trains until {index.time_of(last)}"
    )
    return Violation("series-time", text, path=Data.key_path(lambda data: data.split), severity="info")


def _revealing(steps: Samples, source: SeriesSource, context: ReadContext) -> Iterator[Violation]:
    """Warnings for known columns from which the value to forecast at the same time can be computed."""
    assert steps.y is not None and source.known is not None
    rows = np.unique(np.linspace(0, len(steps) - 1, _MAX_ROWS).astype(np.int64))
    x = np.asarray(steps.x[rows], np.float64)
    x = x[:, x.shape[1] - source.known_values :][:, : len(source.known)]
    y = np.asarray(steps.y[rows], np.float64)
    whole = np.isfinite(x).all(axis=1) & np.isfinite(y).all(axis=1)
    x, y = x[whole], y[whole]
    if len(x) < 10 * (x.shape[1] + 1):
        return
    for place, target in enumerate(steps.labels):
        shares = [_explained(x[:, [number]], y[:, place]) for number in range(x.shape[1])]
        alone = [name for name, share in zip(source.known, shares) if share > _DETERMINES]
        for name in alone:
            yield _warning(f"{name} determines {target} at the same time", name, source, context)
        if not alone and x.shape[1] > 1 and _explained(x, y[:, place]) > _SUM:
            names = ", ".join(source.known)
            yield _warning(f"{target} can be computed from {names} at the same time", names, source, context)


def _warning(fact: str, names: str, source: SeriesSource, context: ReadContext) -> Violation:
    return context.violation(
        "future-column",
        f"{fact}: are its values known in advance?",
        "known",
        severity="warning",
        help=f"move {names} to features, unless the values are known when a forecast is made",
    )


def _explained(x: Array, y: Array) -> float:
    """The share of the variance of y that a linear function of the columns of x explains."""
    columns = np.column_stack([x, np.ones(len(x))])
    return r_squared(y, columns @ np.linalg.lstsq(columns, y, rcond=None)[0])
