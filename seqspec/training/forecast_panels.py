"""What is drawn of the forecasts of series: of each of a few series, its values and their forecasts in time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from seqspec.training.data.prepare import SampleSet
from seqspec.training.data.samples import Array
from seqspec.training.data.stored import choose
from seqspec.training.data.time_axis.index import Steps

MAX_SERIES, MAX_POINTS = 6, 300
"""The number of series that are drawn, and of points of each."""
_TICKS = (1 / 6, 1 / 2, 5 / 6)


class ForecastPanel(NamedTuple):
    """The first step of the forecasts of a series.

    Attributes:
        title: The series, and how far ahead it is forecast.
        steps: The number of the time step of each point.
        times: The same as dates, in microseconds; None where time stamps are integers.
        truth: The values; NaN where nothing was measured.
        predicted: The forecasts.
        ticks: Some steps with their time stamps.
    """

    title: str
    steps: list[float]
    times: Array | None
    truth: list[float]
    predicted: list[float]
    ticks: list[tuple[float, str]]


def drawn_windows(samples: SampleSet) -> SampleSet:
    """The first windows of each of a few series; of other samples, all."""
    origins = samples.origins
    if origins is None or samples.y is None:
        return samples
    starts = origins.starts().tolist()
    ends = [*starts[1:], len(samples)]
    parts = [np.arange(start, min(start + MAX_POINTS, end)) for start, end in zip(starts, ends)]
    rows = np.concatenate([*parts[:MAX_SERIES], np.arange(0)])
    # Weights and groups are not drawn.
    return SampleSet(choose(samples.x, rows), choose(samples.y, rows), origins=origins.take(rows))


def panels(samples: SampleSet, outputs: Array) -> list[ForecastPanel]:
    """The panels of windows and the outputs for them."""
    assert samples.origins is not None and samples.y is not None
    origins = samples.origins
    unmeasured = samples.unmeasured(slice(0, len(samples)))
    truth = np.asarray(samples.y).reshape(len(samples), -1)[:, 0].astype(np.float64)
    if unmeasured is not None:
        truth[unmeasured[:, 0]] = np.nan
    predicted = outputs.reshape(len(outputs), -1)[:, 0].astype(np.float64)
    starts = origins.starts().tolist()
    return [
        _panel(origins.take(slice(start, end)), truth[start:end], predicted[start:end])
        for start, end in zip(starts, [*starts[1:], len(samples)])
    ]


def _panel(origins: Steps, truth: Array, predicted: Array) -> ForecastPanel:
    index, rows = origins.index, origins.rows
    steps = (rows if index.step is None else index.step[rows]) + 1
    name = index.name_of(int(rows[0])) if index.series is not None else ", ".join(index.targets[:1]) or "the series"
    times = index.times_after(rows, 1).astype("datetime64[us]") if index.format.is_calendar else None
    places = sorted({round(share * (len(rows) - 1)) for share in _TICKS})
    ticks = [(float(steps[place]), index.time_of(int(rows[place]), 1)) for place in places]
    title = f"{name}, {index.count(1)} ahead"
    return ForecastPanel(title, steps.astype(float).tolist(), times, truth.tolist(), predicted.tolist(), ticks)
