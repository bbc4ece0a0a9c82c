"""Permutation importance: how much worse predictions are if the values of one column are shuffled among the rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import keras
import numpy as np

from seqspec.training.data.labels import LabelEncoding, class_indices
from seqspec.training.data.prepared import PreparedData, SampleSet
from seqspec.training.data.samples import Array
from seqspec.training.data.stored import choose
from seqspec.training.evaluation.classification import log_losses
from seqspec.training.evaluation.outputs import predict_outputs, probabilities

_MAX_ROWS = 10_000
_MAX_PREDICTIONS = 300_000
"""Maximum number of rows that are predicted for all columns; of many columns, fewer rows are used."""
_MAX_COLUMNS = 200
_MAX_VALUES = 2**22
"""Maximum number of input values that are predicted at once."""
_BATCH_SIZE = 1024


_MIN_COLUMNS, _DOMINANT = 4, 0.9
"""The columns from which on one can dominate, and its share of the importance of all."""


class Importance(NamedTuple):
    """The importance of each column, the most important first.

    Attributes:
        measure: What is compared: "log loss" or "mean absolute error".
        base: Its value with the columns as they are.
        rows: The number of rows.
        on: The set.
        increases: How much it grows, by column.
    """

    measure: str
    base: float
    rows: int
    on: str
    increases: Mapping[str, float]

    @property
    def dominant(self) -> str | None:
        """The column with nearly all of it; None if several have a part of it, or there are few columns."""
        name, most = next(iter(self.increases.items()))
        total = sum(max(0.0, value) for value in self.increases.values())
        return name if len(self.increases) >= _MIN_COLUMNS and total > 0 and most > _DOMINANT * total else None


def permutation_importance(model: keras.Model, data: PreparedData, seed: int) -> Importance | None:
    """The importance of the columns of a table, on validation data, or else on the test or training set.

    None for inputs that are not the columns of a table, for labels that are neither classes nor numbers, and for more
    than 200 columns.
    """
    on = next((name for name in ("validation", "test", "train") if name in data.sets), None)
    samples = data.sets[on] if on is not None else None
    if on is None or samples is None or samples.y is None or samples.x.ndim != 2 or samples.x.dtype.kind not in "fiub":
        return None
    places = _places(data)
    features = list(places)
    width = sum(place.stop - place.start for place in places.values())
    if not 2 <= len(features) <= _MAX_COLUMNS or width != samples.x.shape[1] or not len(samples):
        return None
    random = np.random.default_rng(seed)
    rows = np.sort(random.permutation(len(samples))[: min(_MAX_ROWS, _MAX_PREDICTIONS // len(features))])
    x, y = np.asarray(choose(samples.x, rows)), np.asarray(choose(samples.y, rows))
    error = _Error.of(model, y, data.labels, predict_outputs(model, SampleSet(x, None), _BATCH_SIZE))
    if error is None:
        return None
    order = random.permutation(len(x))
    increases: dict[str, float] = {}
    step = max(1, _MAX_VALUES // x.size)
    for start in range(0, len(features), step):
        names = features[start : start + step]
        shuffled = np.concatenate([_shuffled(x, places[name], order) for name in names])
        outputs = predict_outputs(model, SampleSet(shuffled, None), _BATCH_SIZE)
        for name, part in zip(names, np.split(outputs, len(names))):
            increases[name] = error(part) - error.base
    ordered = dict(sorted(increases.items(), key=lambda item: -item[1]))
    return Importance(error.measure, error.base, len(x), on, ordered)


def _places(data: PreparedData) -> Mapping[str, slice]:
    """The values of each column in the input."""
    if data.encoder is not None:
        return data.encoder.places()
    return {name: slice(number, number + 1) for number, name in enumerate(data.features)}


def _shuffled(x: Array, place: slice, order: Array) -> Array:
    copy = x.copy()
    copy[:, place] = x[order, place]
    return copy


class _Error:
    """The error of outputs for the labels of some samples: log loss of classes, mean absolute error of numbers."""

    def __init__(self, model: keras.Model, labels: LabelEncoding, truth: Array, outputs: Array) -> None:
        self._model, self._labels, self._truth = model, labels, truth
        self._is_class = labels.kind in ("binary", "multiclass")
        self.measure = "log loss" if self._is_class else "mean absolute error"
        self.base = self(outputs)

    @classmethod
    def of(cls, model: keras.Model, y: Array, labels: LabelEncoding, outputs: Array) -> _Error | None:
        """The error for labels; None for those that it is not defined for."""
        if labels.kind in ("binary", "multiclass"):
            truth = class_indices(y, labels)
            if truth is None or outputs.ndim != 2 or len(truth) != len(outputs) or labels.ignored is not None:
                return None
            if truth.min() < 0 or truth.max() >= max(2, outputs.shape[1]):
                return None
            return cls(model, labels, truth, outputs)
        if labels.kind in ("regression", None) and y.dtype.kind in "fiu" and y.size == outputs.size:
            return cls(model, labels, y.reshape(len(y), -1), outputs)
        return None

    def __call__(self, outputs: Array) -> float:
        if not self._is_class:
            return float(np.abs(outputs.reshape(len(outputs), -1) - self._truth).mean())
        probability = probabilities(self._model, outputs, self._labels)
        return float(log_losses(probability, self._truth).mean())
