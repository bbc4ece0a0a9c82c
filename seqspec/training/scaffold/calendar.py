"""The parts of the time stamps that help to forecast a series, by linear regression on its oldest rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from seqspec.core.api.data import CalendarPart
from seqspec.training.data.samples import Array
from seqspec.training.data.series.calendar import calendar_inputs
from seqspec.training.data.time_axis.frequency import DAY, Frequency
from seqspec.training.data.time_axis.index import TRAINED, SeriesIndex, StepRows

_YEAR_ROUND = 1.25 * 365.25 * DAY
"""The time that the day of the year is learned from, at least."""
_LEARNED = 0.5
"""The oldest part of each series, which is learned from; errors are compared on the rest of what is trained on."""
_BETTER = 0.98
"""The ratio of the errors with and without a part from which it is used."""
_EXACT = 0.05
"""The error in standard deviations below which no part is needed."""
_RIDGE = 1e-3
_MAX_ROWS, _MAX_LAGS = 10_000, 168
_MIN_ROWS = 5
"""Rows for each input of a regression."""


def _candidates(frequency: Frequency | None) -> Sequence[CalendarPart]:
    """The parts that are tried: those that differ between the steps of a year."""
    if frequency is None:
        return ()
    if frequency.kind == "business_day" or (frequency.kind == "fixed" and frequency.size == DAY):
        return ("weekday", "season")
    return ("hour", "weekday", "season") if frequency.kind == "fixed" and frequency.size == DAY // 24 else ()


def helpful_parts(index: SeriesIndex, window: int, horizon: int) -> list[CalendarPart]:
    """The parts of the time stamps that make linear forecasts from a window better, on rows after the learned ones."""
    candidates = _candidates(index.frequency)
    data = _Regressions(index, window, horizon) if candidates else None
    if data is None or not data.is_large_enough:
        return []
    calendar_parts: list[CalendarPart] = []
    error = data.error(calendar_parts)
    for part in candidates:
        if error < _EXACT or (part == "season" and data.learned_time < _YEAR_ROUND):
            continue
        with_part = data.error([*calendar_parts, part])
        if with_part < _BETTER * error:
            calendar_parts, error = [*calendar_parts, part], with_part
    return calendar_parts


class _Regressions:
    """Linear forecasts of the first, a middle and the last step from the window, in standard deviations of a series."""

    def __init__(self, index: SeriesIndex, window: int, horizon: int) -> None:
        self._index = index
        bounds = np.r_[index.first_rows(), len(index)]
        rows, ages = [], []
        for start, end in pairwise(bounds.tolist()):
            own = np.arange(start, start + int(TRAINED * (end - start)))
            rows.append(own)
            ages.append((own - start) / (end - start))
        chosen = np.unique(np.linspace(0, sum(map(len, rows)) - 1, _MAX_ROWS).astype(np.int64))
        self._origins = np.concatenate(rows)[chosen]
        self._old = np.concatenate(ages)[chosen] < _LEARNED
        origins = StepRows(index, self._origins)
        self._mean, self._deviation = self._moments(bounds)
        lags = np.unique(np.linspace(0, window - 1, _MAX_LAGS).astype(np.int64))
        self._past = np.column_stack([self._scaled(origins.values(-lag)) for lag in lags.tolist()])
        self._steps = sorted({1, (horizon + 1) // 2, horizon})
        self._truth = {step: self._scaled(origins.values(step)) for step in self._steps}

    def _moments(self, bounds: Array) -> tuple[Array, Array]:
        """The mean and the standard deviation of the series of each origin."""
        assert self._index.y is not None
        y = np.asarray(self._index.y, np.float64)[:, 0]
        series = [y[start:end][np.isfinite(y[start:end])] for start, end in pairwise(bounds.tolist())]
        means, deviations = np.array([[own.mean(), own.std()] if len(own) else [0, 1] for own in series]).T
        deviations[~(deviations > 0)] = 1
        own = np.zeros(len(self._origins), np.int64)
        if self._index.series is not None:
            own = np.asarray(self._index.series[self._origins])
        return means[own], deviations[own]

    def _scaled(self, values: Array) -> Array:
        return np.asarray((values[:, 0] - self._mean) / self._deviation)

    @property
    def is_large_enough(self) -> bool:
        """Whether there are enough rows to learn from."""
        return int(self._old.sum()) >= _MIN_ROWS * self._past.shape[1] and not self._old.all()

    @property
    def learned_time(self) -> int:
        """The microseconds between the first and the last row that is learned from."""
        times = self._index.times_after(self._origins[self._old])
        return int(times.max() - times.min())

    def error(self, parts: Sequence[CalendarPart]) -> float:
        """The mean absolute error on the newer rows, with the parts of the steps to forecast as inputs."""
        errors = []
        for step in self._steps:
            inputs = (
                calendar_inputs(parts, self._index.times_after(self._origins, step)) if parts else self._past[:, :0]
            )
            x, y = np.column_stack([self._past, inputs, np.ones(len(inputs))]), self._truth[step]
            whole = np.isfinite(x).all(axis=1) & np.isfinite(y)
            old, new = whole & self._old, whole & ~self._old
            if not old.any() or not new.any():
                continue
            square = x[old].T @ x[old]
            kernel = np.linalg.solve(square + _RIDGE * old.sum() * np.eye(x.shape[1]), x[old].T @ y[old])
            errors.append(float(np.abs(x[new] @ kernel - y[new]).mean()))
        return float(np.mean(errors)) if errors else 0.0
