"""Errors of regressions and forecasts, their intervals, and errors of predictions that need no model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, cast

import numpy as np

from seqspec.core.api.spec import DEFAULT_LEVEL
from seqspec.training.data.labels import LabelBaseline, mean_label
from seqspec.training.data.prepared import SampleSet
from seqspec.training.data.samples import Array
from seqspec.training.data.stored import choose, chunks
from seqspec.training.data.time_axis.index import SeriesIndex, StepRows
from seqspec.training.evaluation.intervals import interval_of_mean
from seqspec.training.records import (
    FORECAST_LEVEL,
    ErrorRange,
    ForecastInterval,
    ForecastResults,
    GroupErrors,
    RegressionBaseline,
    RegressionResults,
)

_MAX_RESIDUALS = 2**23
"""Maximum number of residuals from which quantiles are computed."""


class RegressionErrors:
    """Regression errors, and those of the median and the mean of the training labels and the last value of a series.

    Values of a series that were filled are not counted.
    """

    def __init__(self, samples: SampleSet, baseline: LabelBaseline) -> None:
        assert samples.y is not None
        self._samples = samples
        self._mean = _measured_mean(samples)
        self._train_mean, self._train_median = baseline.mean, baseline.median
        self._last = samples.origins
        self._count = 0
        names = ("residual", "absolute", "squared", "spread", "mean", "mean_squared", "median", "last")
        self._sums = dict.fromkeys(names, 0.0)
        self._residuals: list[Array] = []
        self._step = max(1, samples.y.size // _MAX_RESIDUALS)

    def add(self, rows: slice, outputs: Array) -> None:
        """Adds the outputs for a chunk of samples."""
        truth, residual = self.of(rows, outputs)
        unmeasured = self._samples.unmeasured(rows)
        counted = ... if unmeasured is None else ~unmeasured
        residual = residual[counted]
        self._count += residual.size
        sums = self._sums
        sums["residual"] += residual.sum()
        sums["absolute"] += np.abs(residual).sum()
        sums["squared"] += (residual**2).sum()
        sums["spread"] += ((truth - self._mean) ** 2)[counted].sum()
        if self._train_mean is not None:
            sums["mean"] += np.abs(truth - self._train_mean)[counted].sum()
            sums["mean_squared"] += ((truth - self._train_mean) ** 2)[counted].sum()
        if self._train_median is not None:
            sums["median"] += np.abs(truth - self._train_median)[counted].sum()
        if self._last is not None:
            last = self._last.take(rows).values().astype(np.float64)
            sums["last"] += np.abs(truth - np.tile(last, truth.shape[1] // last.shape[1]))[counted].sum()
        self._residuals.append(residual.reshape(-1)[:: self._step].astype(np.float32))

    def of(self, rows: slice, outputs: Array) -> tuple[Array, Array]:
        """Labels and residuals of a chunk of samples, (samples, values) each; NaN where a value was filled."""
        y = self._samples.y
        assert y is not None
        truth = np.asarray(choose(y, rows)).reshape(len(outputs), -1).astype(np.float64)
        if (unmeasured := self._samples.unmeasured(rows)) is not None:
            truth[unmeasured] = np.nan
        return truth, outputs.reshape(len(outputs), -1).astype(np.float64) - truth

    def result(self) -> RegressionResults | None:
        """Plain data, for evaluation.json; quantiles are computed from a subset if there are very many residuals.

        None if no value was measured.
        """
        if not self._count:
            return None
        mean = {name: float(value / self._count) for name, value in self._sums.items()}
        levels = (0.05, 0.25, 0.5, 0.75, 0.95)
        quantiles = np.quantile(np.concatenate(self._residuals), levels)
        out: RegressionResults = {
            "mae": mean["absolute"],
            "rmse": float(np.sqrt(mean["squared"])),
            "bias": mean["residual"],
            "r2": 1 - mean["squared"] / mean["spread"] if mean["spread"] else None,
            "quantiles": {str(level): float(value) for level, value in zip(levels, quantiles)},
        }
        baseline: RegressionBaseline = {}
        if self._train_mean is not None:
            baseline |= {"mean_mae": mean["mean"], "mean_rmse": float(np.sqrt(mean["mean_squared"]))}
        if self._train_median is not None:
            baseline["median_mae"] = mean["median"]
        if self._last is not None:
            baseline["last_value_mae"] = mean["last"]
        return {**out, "baseline": baseline} if baseline else out


def _measured_mean(samples: SampleSet) -> Array:
    """The mean of each label over the samples in which it was measured."""
    assert samples.y is not None
    if samples.unmeasured(slice(0, 0)) is None:
        return mean_label(samples.y)
    total, count = np.zeros(samples.y.shape[1]), np.zeros(samples.y.shape[1])
    for start, part in chunks(samples.y):
        measured = ~cast(Array, samples.unmeasured(slice(start, start + len(part))))
        total += part.sum(axis=0, dtype=np.float64, where=measured)
        count += measured.sum(axis=0)
    return np.asarray(total / np.maximum(count, 1))


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

    def __init__(self, origins: StepRows, horizon: int) -> None:
        self._index, self._horizon = origins.index, horizon
        self._every = -(-len(origins) // _MAX_WINDOWS)
        self._errors: list[Array] = []
        self._rows: list[Array] = []

    def add(self, first: int, origins: StepRows, forecast: Array) -> None:
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
        interval: ForecastInterval = {"level": FORECAST_LEVEL, "low": whole["low"], "high": whole["high"]}
        if series is not None and len(self._index.names) <= _MAX_SERIES:
            parts = {self._index.names[number]: errors[series == number] for number in np.unique(series).tolist()}
            interval["by_series"] = {name: _range(own) for name, own in parts.items() if len(own) >= MIN_WINDOWS}
        return interval

    def coverage(self, interval: ForecastInterval) -> float | None:
        """The share of the measured values that are in the intervals of another set; None without values."""
        errors = np.concatenate(self._errors)
        low, high = interval_bounds(interval, self._index, np.concatenate(self._rows)).values()
        known = np.isfinite(errors) & np.isfinite(low)
        return float(((errors >= low) & (errors <= high))[known].mean()) if known.any() else None

    def _series(self) -> Array | None:
        return None if self._index.series is None else np.asarray(self._index.series[np.concatenate(self._rows)])


def _range(errors: Array) -> ErrorRange:
    """The quantiles of errors, (windows, steps, targets); None for a step without measured values."""
    missing = np.asarray(np.isnan(errors).all(axis=0))
    whole = np.where(missing, 0, errors)

    def values(share: float, method: Literal["lower", "higher"]) -> list[list[float | None]]:
        quantiles = np.asarray(np.nanquantile(whole, share, axis=0, method=method)).astype(object)
        quantiles[missing] = None
        steps: list[list[float | None]] = quantiles.tolist()
        return steps

    tail = (1 - FORECAST_LEVEL) / 2
    return {"low": values(tail, "lower"), "high": values(1 - tail, "higher")}


def interval_bounds(interval: ForecastInterval, index: SeriesIndex, rows: Array) -> dict[str, Array]:
    """What is added to the forecasts from the steps `rows`, "low" and "high": arrays of (windows, steps, targets)."""
    own: Mapping[str, ErrorRange] = interval.get("by_series", {})
    names = (
        [""] * len(rows) if index.series is None else [index.names[number] for number in index.series[rows].tolist()]
    )
    ranges: list[ErrorRange] = [own.get(name, interval) for name in names]
    return {
        "low": np.array([step["low"] for step in ranges], np.float64),
        "high": np.array([step["high"] for step in ranges], np.float64),
    }


_MOST_ORIGINS = 4_000
"""The windows of a set above which only some are origins."""
_MAX_GROUPS = 20
"""The number of series up to which the errors of each are recorded."""


class ForecastScores:
    """Mean absolute errors from rolling origins: every window, or of many some in all phases of the season.

    A forecast each day at midnight would have the first step at night, and the last before it. Steps that were filled
    or have no value are not counted.

    Args:
        origins: The last input step of each window.
        outputs: Values of a forecast: steps times targets.
    """

    def __init__(self, origins: StepRows, outputs: int) -> None:
        assert origins.index.y is not None
        self._origins = origins
        self._targets = int(origins.index.y.shape[1])
        self._horizon = outputs // self._targets
        self._chosen = _some(origins)
        self._errors: dict[str, list[Array]] = {"model": [], "last": [], "seasonal": []}
        self._rows: list[Array] = []
        self.signed = ForecastErrors(origins, self._horizon)

    def add(self, rows: slice, outputs: Array) -> None:
        """Adds the outputs for a chunk of windows."""
        chosen = self._chosen[rows]
        origins = self._origins.take(rows).take(chosen)
        forecasts = outputs.reshape(-1, self._horizon, self._targets).astype(np.float64)
        self.signed.add(rows.start, self._origins.take(rows), forecasts)
        forecast = forecasts[chosen]
        last, season = origins.values(), origins.index.season
        errors: dict[str, list[Array]] = {name: [] for name in self._errors}
        for step in range(1, self._horizon + 1):
            truth = origins.values(step)
            truth[origins.filled(step)] = np.nan
            seasonal = (
                np.full_like(last, np.nan) if season is None else origins.values(step - season * -(-step // season))
            )
            for name, value in (("model", forecast[:, step - 1]), ("last", last), ("seasonal", seasonal)):
                errors[name].append(np.abs(value - truth).mean(axis=1))
        self._rows.append(origins.rows)
        for name, set_errors in errors.items():
            self._errors[name].append(np.stack(set_errors, axis=1))

    def result(self) -> ForecastResults | None:
        """Plain data, for evaluation.json; None if no origin has a value to compare with."""
        errors = {name: np.concatenate(parts) for name, parts in self._errors.items()}
        known = ~np.isnan(errors["model"]).all(axis=1)
        errors = {name: values[known] for name, values in errors.items()}
        model, index = errors["model"], self._origins.index
        if not len(model):
            return None
        of_origin = np.nanmean(model, axis=1)
        counts = (~np.isnan(model)).sum(axis=0)
        by_step = np.nansum(model, axis=0) / np.maximum(counts, 1)
        # A season that begins before the series, or is in a gap, is not compared.
        seasonal = ~(np.isnan(errors["seasonal"]) & ~np.isnan(model)).any(axis=1)
        against = _better(errors, seasonal)
        rows = seasonal if against == "seasonal" else ~np.isnan(errors["last"]).all(axis=1)
        baseline = errors[against][rows]
        results: ForecastResults = {
            "origins": len(model),
            "horizon": self._horizon,
            "mae": float(np.nanmean(model)),
            "sd": float(of_origin.std(ddof=1)) if len(model) > 1 else None,
            "by_step": [float(value) if count else None for value, count in zip(by_step, counts)],
            "last": float(np.nanmean(errors["last"])),
            "baseline": against,
            "relative": _relative(model[rows], baseline),
            "better": float((of_origin[rows] < np.nanmean(baseline, axis=1)).mean()),
        }
        parts = self._parts(known)[rows]
        results["times"] = len(np.unique(parts[~np.isnan(model[rows])]))
        if (bounds := self._bounds(model[rows], baseline, parts)) is not None:
            results["relative_low"], results["relative_high"] = bounds
        if seasonal.any() and index.season is not None:
            results["seasonal"], results["season"] = float(np.nanmean(errors["seasonal"][seasonal])), index.season
            if not seasonal.all():
                results["seasonal_origins"] = int(seasonal.sum())
        if index.known:
            results["known"] = list(index.known)
        if index.group is not None and index.series is not None:
            series = index.series[np.concatenate(self._rows)[known]]
            groups = np.unique(series).tolist()
            if 1 < len(groups) <= _MAX_GROUPS:
                owns = {index.names[group]: series == group for group in groups}
                results["group"] = index.group
                results["by_group"] = {name: _of_group(model, errors[against], own, rows) for name, own in owns.items()}
        return results

    def _parts(self, known: Array) -> Array:
        """The part of the time, as long as a horizon, that each forecast step is in: (origins, horizon).

        Forecasts of one step from several origins, and of several series at one time, are in one part.
        """
        index, origins = self._origins.index, np.concatenate(self._rows)[known]
        at = origins if index.step is None else index.step[origins]
        steps = (at - at.min())[:, None] + np.arange(self._horizon)
        whole = int(steps.max()) + 1
        count = max(1, whole // self._horizon)
        return np.asarray(steps * count // whole)

    @staticmethod
    def _bounds(model: Array, baseline: Array, parts: Array) -> tuple[float, float] | None:
        """The interval of the relative error, from the paired differences in each part; None for few of them."""
        error = float(np.nanmean(baseline)) if len(baseline) else 0.0
        both = ~np.isnan(model) & ~np.isnan(baseline)
        _, places = np.unique(parts[both], return_inverse=True)
        sums, counts = np.bincount(places, (model - baseline)[both]), np.bincount(places)
        bounds = interval_of_mean(sums, counts, DEFAULT_LEVEL) if error and len(counts) else None
        return None if bounds is None else (1 + bounds[0] / error, 1 + bounds[1] / error)


def _better(errors: Mapping[str, Array], seasonal: Array) -> Literal["last", "seasonal"]:
    """The baseline with the smaller error at the origins with a season, whose rows are `seasonal`."""
    if not seasonal.any():
        return "last"
    last, season = (np.nanmean(errors[name][seasonal]) for name in ("last", "seasonal"))
    return "last" if last < season else "seasonal"


def _of_group(model: Array, baseline: Array, own: Array, compared: Array) -> GroupErrors:
    """The errors at the origins of one series, `own`; `compared` are those that the baseline has a value for."""
    both = own & compared
    relative = _relative(model[both], baseline[both]) if both.any() else None
    return {"mae": float(np.nanmean(model[own])), "relative": relative}


def _relative(model: Array, baseline: Array) -> float | None:
    error = np.nanmean(baseline)
    return float(np.nanmean(model) / error) if error else None


def _some(origins: StepRows) -> Array:
    """Whether each window is an origin: of many every n-th one, where n has no common divisor with the season."""
    every = max(1, -(-len(origins) // _MOST_ORIGINS))
    while math.gcd(every, origins.index.season or 1) > 1:
        every += 1
    return np.asarray(np.arange(len(origins)) % every == 0)
