"""What is drawn of the forecasts of series: of each of a few series, its values and their forecasts in time."""

from __future__ import annotations

from typing import NamedTuple

import keras
import numpy as np

from seqspec.core.api.training import BATCH_SIZE
from seqspec.training.data.prepared import SampleSet
from seqspec.training.data.samples import Array
from seqspec.training.data.stored import choose
from seqspec.training.data.time_axis.index import StepRows
from seqspec.training.evaluation.outputs import output_size, predict_outputs

MAX_SERIES, MAX_POINTS = 6, 300
"""The number of series that are drawn, and of points of each."""
_MAX_DRAWN = 2048
"""Maximum number of samples whose predictions are drawn."""
_MAX_DRAWN_VALUES = 2**22
"""Maximum number of output values in memory for them."""
_BEFORE = 2
"""The horizons before a forecast whose values are drawn with it."""
_TICKS = (1 / 6, 1 / 2, 5 / 6)


class ForecastPanel(NamedTuple):
    """The first step of the forecasts of a series, or the steps of one of them.

    Attributes:
        title: The series, and how far ahead it is forecast, or from when on.
        steps: The number of the time step of each point.
        times: The same as dates, in microseconds; None where time stamps are integers.
        truth: The values; NaN where nothing was measured.
        predicted: The forecasts; NaN before the first one.
        ticks: Some steps with their time stamps.
    """

    title: str
    steps: list[float]
    times: Array | None
    truth: list[float]
    predicted: list[float]
    ticks: list[tuple[float, str]]


def first_outputs(model: keras.Model, samples: SampleSet) -> tuple[SampleSet, Array]:
    """The first samples of a set, or windows of each series, as many as are drawn, and the outputs for them."""
    most = max(1, min(_MAX_DRAWN, _MAX_DRAWN_VALUES // output_size(model)))
    part = drawn_windows(samples, most)
    return part, predict_outputs(model, part, BATCH_SIZE)


def drawn_windows(samples: SampleSet, most: int) -> SampleSet:
    """The first windows and the last one of each of a few series; of other samples, the first ones, `most` in all."""
    origins = samples.origins
    if origins is None or samples.y is None:
        return samples.part(slice(0, most))
    starts = origins.starts().tolist()
    bounds = list(zip(starts, [*starts[1:], len(samples)]))[:MAX_SERIES]
    points = max(1, min(MAX_POINTS, most // max(1, len(bounds))))
    parts = [np.union1d(np.arange(start, min(start + points, end)), [end - 1]) for start, end in bounds]
    rows = np.concatenate([*parts, np.arange(0)])
    # Weights and groups are not drawn.
    return SampleSet(choose(samples.x, rows), choose(samples.y, rows), origins=origins.take(rows))


def panels(samples: SampleSet, outputs: Array) -> list[ForecastPanel]:
    """The panels of windows and the outputs for them: for each series the first steps, then its last forecast."""
    assert samples.origins is not None and samples.y is not None
    origins = samples.origins
    unmeasured = samples.unmeasured(slice(0, len(samples)))
    targets = origins.index.target_count
    # Of several values to forecast the first one is drawn.
    truth = np.asarray(samples.y).reshape(len(samples), -1, targets)[:, :, 0].astype(np.float64)
    if unmeasured is not None:
        truth[unmeasured[:, ::targets]] = np.nan
    predicted = outputs.reshape(len(outputs), -1, targets)[:, :, 0].astype(np.float64)
    starts, forecast_panels = origins.starts().tolist(), []
    for start, end in zip(starts, [*starts[1:], len(samples)]):
        rows = origins.rows[start:end]
        # The last window may be far after the others.
        follows = len(rows) < 3 or rows[-1] - rows[-2] == rows[-2] - rows[-3]
        own = slice(start, end if follows else end - 1)
        ahead = np.ones(own.stop - start, np.int64)
        title = f"{_name(origins, start)}, {origins.index.count(1)} ahead"
        forecast_panels.append(_panel(title, origins.take(own), ahead, truth[own, 0], predicted[own, 0]))
        if truth.shape[1] > 1:
            forecast_panels.append(
                _last_forecast(origins.take(slice(end - 1, end)), truth[end - 1], predicted[end - 1])
            )
    return forecast_panels


def _last_forecast(origin: StepRows, truth: Array, predicted: Array) -> ForecastPanel:
    """All steps of a forecast, after the values that were known."""
    horizon, row = len(truth), int(origin.rows[0])
    before = np.arange(1 - _BEFORE * horizon, 1)
    past = np.array([origin.values(int(step))[0, 0] for step in before])
    past[[bool(origin.filled(int(step))[0]) for step in before]] = np.nan
    begin = int(np.argmax(~np.isnan(past)))
    ahead = np.r_[before[begin:], np.arange(1, horizon + 1)]
    title = f"{_name(origin, 0)}, {origin.index.count(horizon)} from {origin.index.time_of(row, 1)}"
    forecast = np.r_[np.full(len(past) - begin, np.nan), predicted]
    return _panel(title, origin.take(np.zeros(len(ahead), np.int64)), ahead, np.r_[past[begin:], truth], forecast)


def _name(origins: StepRows, place: int) -> str:
    index = origins.index
    of_targets = ", ".join(index.targets[:1]) or "the series"
    return of_targets if index.series is None else index.name_of(int(origins.rows[place]))


def _panel(title: str, origins: StepRows, ahead: Array, truth: Array, predicted: Array) -> ForecastPanel:
    """A panel of values that are `ahead` of each origin."""
    index, rows = origins.index, origins.rows
    steps = (rows if index.step is None else index.step[rows]) + ahead
    times = index.times_after(rows, ahead).astype("datetime64[us]") if index.format.is_calendar else None
    places = sorted({round(share * (len(rows) - 1)) for share in _TICKS})
    ticks = [(float(steps[place]), index.time_of(int(rows[place]), int(ahead[place]))) for place in places]
    return ForecastPanel(title, steps.astype(float).tolist(), times, truth.tolist(), predicted.tolist(), ticks)
