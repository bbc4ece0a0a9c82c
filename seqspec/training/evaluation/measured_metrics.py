"""Loss and metrics of the measured values of a series, without those that `gaps` filled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from seqspec.training.data.samples import Array
from seqspec.training.records import SetEvaluation

_Errors = Callable[[Any, Any], Any]
"""The error of each row of labels and outputs, which is the mean of the errors of its values."""

_LOSSES = (
    keras.losses.MeanAbsoluteError,
    keras.losses.MeanSquaredError,
    keras.losses.MeanAbsolutePercentageError,
    keras.losses.MeanSquaredLogarithmicError,
    keras.losses.Huber,
    keras.losses.LogCosh,
    keras.losses.Poisson,
)
_METRICS: dict[type, _Errors] = {
    keras.metrics.MeanAbsoluteError: keras.losses.mean_absolute_error,
    keras.metrics.MeanSquaredError: keras.losses.mean_squared_error,
    keras.metrics.RootMeanSquaredError: keras.losses.mean_squared_error,
    keras.metrics.MeanAbsolutePercentageError: keras.losses.mean_absolute_percentage_error,
    keras.metrics.MeanSquaredLogarithmicError: keras.losses.mean_squared_logarithmic_error,
    keras.metrics.LogCoshError: keras.losses.log_cosh,
    keras.metrics.Poisson: keras.losses.poisson,
}
_FUNCTIONS = (*_METRICS.values(), keras.losses.huber)
_LOSS = "loss"


class MeasuredMetrics:
    """The loss and metrics of Keras that are means over values, of the measured values alone.

    Args:
        model: The compiled model, after Keras evaluated it.
    """

    def __init__(self, model: keras.Model) -> None:
        self._errors: dict[str, _Errors] = {}
        self._roots: set[str] = set()
        loss = _errors_of_loss(model.loss)
        if loss is not None:
            self._errors[_LOSS] = loss
        for metric in (metric for group in model.metrics for metric in getattr(group, "metrics", ())):
            if type(metric) in _METRICS:
                self._errors[metric.name] = _METRICS[type(metric)]
                if isinstance(metric, keras.metrics.RootMeanSquaredError):
                    self._roots.add(metric.name)
        self._sums = {name: np.zeros(2) for name in self._errors}
        self._counts = np.zeros(2, np.int64)

    def add(self, truth: Array, outputs: Array, unmeasured: Array) -> None:
        """Adds a chunk of labels, outputs, and whether each of them was filled, all of shape (samples, values)."""
        measured = ~unmeasured.reshape(-1)
        self._counts += (measured.sum(), len(measured))
        columns = [np.asarray(column, np.float32).reshape(-1, 1) for column in (truth, outputs)]
        for name, errors in self._errors.items():
            measured_errors = keras.ops.convert_to_numpy(errors(*columns)).astype(np.float64)
            self._sums[name] += (measured_errors[measured].sum(), measured_errors.sum())

    def write(self, out: SetEvaluation) -> None:
        """Replaces what Keras computed from all values, and adds how many were filled."""
        own, every = self._counts.tolist()
        if own == every:
            return
        out["filled"] = every - own
        if not own:
            return
        for name, (measured, total) in self._sums.items():
            if name not in out["metrics"]:
                continue
            value = float(measured / own)
            if name == _LOSS:
                # What regularizers add to the loss stays.
                value += out["metrics"][name] - float(total / every) if _is_penalized(out, total / every) else 0.0
            out["metrics"][name] = float(np.sqrt(value)) if name in self._roots else value


def _is_penalized(out: SetEvaluation, loss: float) -> bool:
    return not np.isclose(out["metrics"][_LOSS], loss, rtol=1e-4)


def _errors_of_loss(loss: object) -> _Errors | None:
    """The errors of rows that a loss is the mean of; None for a loss that is not a mean over values."""
    try:
        errors = keras.losses.get(loss)
    except ValueError:
        return None
    if errors in _FUNCTIONS:
        return errors  # type: ignore[no-any-return]  # Keras is untyped
    return errors.call if isinstance(errors, _LOSSES) else None
