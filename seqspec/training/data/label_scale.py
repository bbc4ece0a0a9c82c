"""Labels of a regression, scaled for training: `[target] scale`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from seqspec.core.diagnostics.message import fmt
from seqspec.core.diagnostics.snippet import Setting
from seqspec.core.diagnostics.violation import Violation
from seqspec.training.data.samples import Array
from seqspec.training.data.stored import StoredArray, Values, chunks
from seqspec.training.errors import DataError

ScaleName = Literal["standard", "min_max", "log"]


@dataclass(frozen=True)
class LabelScale:
    """Learned from the training labels: `label = scaled * factor + offset`, with `log` its exponential.

    `factor` and `offset` have one value, or one for each of several labels.
    """

    name: ScaleName
    factor: tuple[float, ...]
    offset: tuple[float, ...]

    @property
    def is_log(self) -> bool:
        """Whether logarithms are scaled."""
        return self.name == "log"

    def scaled(self, y: Values) -> Values:
        """Labels as the loss gets them, in float32."""
        return y.mapped(self._scaled, dtype=np.float32) if isinstance(y, StoredArray) else self._scaled(y)

    def _scaled(self, y: Array) -> Array:
        values = np.log(y.astype(np.float64)) if self.is_log else y.astype(np.float64)
        return np.asarray((values - self.offset) / self.factor, np.float32).reshape(y.shape)

    def require_scalable(self, y: Values, name: str) -> None:
        """Raises `DataError` for labels of a set that have no logarithm."""
        if self.is_log:
            for _ in _rows(self.name, y, 1, name):
                pass


def fit_label_scale(name: ScaleName, y: Values, *, each: bool) -> LabelScale:
    """The scale of the training labels.

    Args:
        name: The value of `scale`.
        y: The labels, of shape (samples, ...).
        each: Whether the labels per sample are scaled each by itself, otherwise all are scaled alike.

    Raises:
        DataError: The labels have no logarithm, or are all equal.
    """
    columns = y.shape[1] if each and y.ndim == 2 else 1
    low, high = np.full(columns, np.inf), np.full(columns, -np.inf)
    count, total = 0, np.zeros(columns)
    for values in _rows(name, y, columns):
        low, high = np.minimum(low, values.min(axis=0)), np.maximum(high, values.max(axis=0))
        count, total = count + len(values), total + values.sum(axis=0)
    if bool((low == high).any()):
        raise _refused("all training labels are equal: there is nothing to scale", "none")
    if name == "min_max":
        return LabelScale(name, tuple((high - low).tolist()), tuple(low.tolist()))
    mean = total / count
    squares = sum(((values - mean) ** 2).sum(axis=0) for values in _rows(name, y, columns))
    return LabelScale(name, tuple(np.sqrt(squares / count).tolist()), tuple(mean.tolist()))


def _rows(name: ScaleName, y: Values, columns: int, of: str = "training") -> Iterator[Array]:
    """The labels, or their logarithms, in float64 of shape (values, columns), in parts."""
    for _, part in chunks(y):
        values = part.astype(np.float64).reshape(-1, columns)
        if name == "log":
            smallest = values.min(initial=np.inf)
            if smallest <= 0:
                raise _refused(f"the smallest {of} label is {smallest:g}, which has no logarithm", "standard")
            values = np.log(values)
        yield values


def _refused(message: str, instead: str) -> DataError:
    help = fmt("write {}", Setting("scale", instead))
    return DataError([Violation("data-labels", message, path=("target", "scale"), help=help)])
