"""Errors of regressions, and those of predictions without inputs."""

from __future__ import annotations

from typing import cast

import numpy as np

from seqspec.training.data.labels import LabelBaseline, mean_label
from seqspec.training.data.prepared import SampleSet
from seqspec.training.data.samples import Array
from seqspec.training.data.stored import choose, chunks
from seqspec.training.records import RegressionBaseline, RegressionResults

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
