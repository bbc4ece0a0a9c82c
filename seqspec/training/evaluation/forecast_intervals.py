"""Intervals around forecasts: the range of the errors on validation data, for each step of the horizon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from seqspec.training.data.samples import Array
from seqspec.training.data.time_axis.index import SeriesIndex, Steps
from seqspec.training.records import FORECAST_LEVEL, ErrorRange, ForecastInterval

MIN_WINDOWS = 20
"""Windows without which a series has no interval of its own, and a set none at all."""
_MAX_WINDOWS = 20_000
_MAX_SERIES = 100


class ForecastErrors:
    """The errors of forecasts from all windows of a set, or from some of many: what was measured minus the forecast.

    Args:
        origins: The last input step of each window.
        horizon: Steps of a forecast.
    """

    def __init__(self, origins: Steps, horizon: int) -> None:
        self._index, self._horizon = origins.index, horizon
        self._every = -(-len(origins) // _MAX_WINDOWS)
        self._errors: list[Array] = []
        self._rows: list[Array] = []

    def add(self, first: int, origins: Steps, forecast: Array) -> None:
        """Adds forecasts, (windows, steps, targets); `first` is the number of their first window in the set."""
        chosen = np.arange(-first % self._every, len(origins), self._every)
        own = origins.take(chosen)
        truth = np.stack([own.values(step) for step in range(1, self._horizon + 1)], axis=1)
        truth[own.unmeasured(self._horizon)] = np.nan
        self._errors.append(truth - forecast[chosen])
        self._rows.append(own.rows)

    def interval(self) -> ForecastInterval | None:
        """The range of the errors of each step and target, and of each series; None with few windows."""
        errors, series = np.concatenate(self._errors), self._series()
        if len(errors) < MIN_WINDOWS:
            return None
        whole = _range(errors)
        forecast_interval: ForecastInterval = {"level": FORECAST_LEVEL, "low": whole["low"], "high": whole["high"]}
        if series is not None and len(self._index.names) <= _MAX_SERIES:
            parts = {self._index.names[each]: errors[series == each] for each in np.unique(series).tolist()}
            forecast_interval["by_series"] = {
                name: _range(own) for name, own in parts.items() if len(own) >= MIN_WINDOWS
            }
        return forecast_interval

    def coverage(self, interval: ForecastInterval) -> float | None:
        """The share of the measured values that are in the intervals of another set; None without values."""
        errors = np.concatenate(self._errors)
        low, high = bounds(interval, self._index, np.concatenate(self._rows)).values()
        known = np.isfinite(errors) & np.isfinite(low)
        return float(((errors >= low) & (errors <= high))[known].mean()) if known.any() else None

    def _series(self) -> Array | None:
        return None if self._index.series is None else np.asarray(self._index.series[np.concatenate(self._rows)])


def _range(errors: Array) -> ErrorRange:
    """The quantiles of errors, (windows, steps, targets); None for a step without measured values."""
    missing = np.asarray(np.isnan(errors).all(axis=0))
    whole = np.where(missing, 0, errors)

    def values(share: float, method: Literal["lower", "higher"]) -> list[list[float | None]]:
        found = np.asarray(np.nanquantile(whole, share, axis=0, method=method)).astype(object)
        found[missing] = None
        steps: list[list[float | None]] = found.tolist()
        return steps

    tail = (1 - FORECAST_LEVEL) / 2
    return {"low": values(tail, "lower"), "high": values(1 - tail, "higher")}


def bounds(interval: ForecastInterval, index: SeriesIndex, rows: Array) -> dict[str, Array]:
    """What is added to the forecasts from the steps `rows`, "low" and "high": arrays of (windows, steps, targets)."""
    own: Mapping[str, ErrorRange] = interval.get("by_series", {})
    names = [""] * len(rows) if index.series is None else [index.names[each] for each in index.series[rows].tolist()]
    ranges: list[ErrorRange] = [own.get(name, interval) for name in names]
    return {
        "low": np.array([each["low"] for each in ranges], np.float64),
        "high": np.array([each["high"] for each in ranges], np.float64),
    }
