"""What is reported about a series that can be used: known columns that reveal the target, and a short window."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seqspec.core.diagnostics.snippet import Help, Setting
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.document.sources import SeriesSource
from seqspec.training.data.leaks.statistics import r_squared
from seqspec.training.data.samples import Array, ReadContext, Samples

_MAX_ROWS = 20_000
_DETERMINES = 0.95
"""The share of the variance of a target that a single known column explains from which it is reported."""
_SUM = 0.9999
"""The share from which the known columns together are reported."""


def findings(steps: Samples, source: SeriesSource, context: ReadContext) -> Iterator[Violation]:
    """Findings that do not keep a series from being used; raises `DataError` for a season longer than the series."""
    assert steps.steps is not None and steps.y is not None
    index = steps.steps.index
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
            help=Help("set ", Setting("window", season)),
        )
    if source.known:
        yield from _revealing(steps, source, context)


def _revealing(steps: Samples, source: SeriesSource, context: ReadContext) -> Iterator[Violation]:
    """Warnings for known columns from which the value to forecast at the same time can be computed."""
    assert steps.y is not None and source.known is not None
    rows = np.unique(np.linspace(0, len(steps) - 1, _MAX_ROWS).astype(np.int64))
    x = np.asarray(steps.x[rows], np.float64)[:, -len(source.known) :]
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
        "future-column", f"{fact}: are its values known in advance?", "known", severity="warning",
        help=f"move {names} to features, unless the values are known when a forecast is made",
    )  # fmt: skip


def _explained(x: Array, y: Array) -> float:
    """The share of the variance of y that a linear function of the columns of x explains."""
    columns = np.column_stack([x, np.ones(len(x))])
    return r_squared(y, columns @ np.linalg.lstsq(columns, y, rcond=None)[0])
