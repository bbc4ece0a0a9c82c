"""Evaluation: loss and metrics by Keras; per-class results, calibration, residuals and baselines by NumPy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from seqspec.training.data.labels import LabelEncoding, class_counts, class_indices
from seqspec.training.data.prepare import SampleSet
from seqspec.training.data.samples import Array
from seqspec.training.data.stored import Values, choose, chunks, per_sample
from seqspec.training.feed import in_batches, in_order

MAX_CLASSES = 200
"""Classes for which a confusion matrix is written."""
_BINS = 10
_PART_BYTES = 2**24
"""Bytes of outputs that are in memory at once."""
_MAX_RESIDUALS = 2**23
"""Residuals that quantiles are calculated from."""


def evaluate_sets(
    model: object, sets: Mapping[str, SampleSet], labels: LabelEncoding, batch_size: int, train: SampleSet | None = None
) -> dict[str, Any]:
    """Loss, metrics and details of each set."""
    return {name: evaluate_set(model, samples, labels, batch_size, train) for name, samples in sets.items()}


def evaluate_set(
    model: Any, samples: SampleSet, labels: LabelEncoding, batch_size: int, train: SampleSet | None = None
) -> dict[str, Any]:
    """One set: `samples`, `metrics` and, by the kind of labels, `classes` or `residuals`, with a baseline."""
    found = in_order(samples, batch_size)
    if in_batches(samples):
        results = model.evaluate(found, return_dict=True, verbose=0)
    else:
        x, y = samples.x, samples.y
        results = model.evaluate(x, y, sample_weight=samples.weight, batch_size=batch_size, return_dict=True, verbose=0)
    out: dict[str, Any] = {"samples": len(samples), "metrics": {name: scalar(value) for name, value in results.items()}}
    if samples.y is None or labels.kind == "reconstruction":
        return out
    out.update(_details(model, samples, labels, batch_size, train))
    return out


def _details(
    model: Any, samples: SampleSet, labels: LabelEncoding, batch_size: int, train: SampleSet | None
) -> dict[str, Any]:
    """Results by the kind of labels; outputs are in memory in parts only."""
    assert samples.y is not None
    truth = class_indices(samples.y, labels)
    classes: Classification | None = None
    residuals: Regression | None = None
    for rows, outputs in output_parts(model, samples, batch_size):
        if truth is not None and outputs.ndim == 2 and labels.kind is not None:
            classes = classes or Classification(truth, outputs.shape[1])
            classes.add(truth[rows], probabilities(model, outputs, labels))
        elif _is_regression(samples.y, outputs, labels):
            residuals = residuals or Regression(samples, train)
            residuals.add(rows, outputs)
        else:
            break
    if classes is not None:
        return {"classes": classes.result(labels, train)}
    return {"residuals": residuals.result()} if residuals is not None else {}


def scalar(value: Any) -> float:
    """A logged value as a number: of a metric with one value per class, such as F1Score, their mean."""
    return float(np.mean(np.asarray(value)))


def _is_regression(y: Values, outputs: Array, labels: LabelEncoding) -> bool:
    if labels.kind not in ("regression", None) or y.dtype.kind not in "fiu":
        return False
    return outputs[:1].size * len(y) == y.size


def output_parts(model: Any, samples: SampleSet, batch_size: int) -> Iterator[tuple[slice, Array]]:
    """What the model outputs, in parts: the samples of each, and the outputs for them."""
    shape = getattr(model, "output_shape", None) or ()
    size = 4 * int(np.prod([size or 1 for size in shape[1:]], dtype=np.int64))
    count = max(1, _PART_BYTES // size // batch_size) * batch_size
    for start in range(0, len(samples), count):
        rows = slice(start, min(start + count, len(samples)))
        part = samples.x if rows == slice(0, len(samples)) else choose(samples.x, rows)
        yield rows, predict_outputs(model, SampleSet(part, None), batch_size)


def predict_outputs(model: Any, samples: SampleSet, batch_size: int) -> Array:
    """What the model outputs for each sample."""
    found = in_order(SampleSet(samples.x, None), batch_size, labels=False)
    if not in_batches(samples):
        return np.asarray(model.predict(found[0], batch_size=batch_size, verbose=0))
    return np.asarray(model.predict(found, verbose=0))


def probabilities(model: Any, outputs: Array, labels: LabelEncoding) -> Array:
    """Class probabilities (samples, classes): logits go through softmax or sigmoid, one output becomes two classes."""
    values = outputs.astype(np.float64)
    if values.shape[1] == 1:
        if _is_logits(model):
            values = 1 / (1 + np.exp(-np.clip(values, -500, 500)))
        return np.concatenate([1 - values, values], axis=1)
    if _is_logits(model):
        values = np.exp(values - values.max(axis=1, keepdims=True))
        values /= values.sum(axis=1, keepdims=True)
    return values


def _is_logits(model: object) -> bool:
    loss = getattr(model, "loss", None)
    return bool(getattr(loss, "from_logits", False))


class Classification:
    """Accuracy, precision, recall and F1 of each class, confusion matrix, calibration, and the majority class.

    Args:
        truth: The class indices of all samples.
        outputs: Classes that the model knows.
    """

    def __init__(self, truth: Array, outputs: int) -> None:
        self.classes = max(outputs, int(truth.max(initial=0)) + 1)
        self._truth = truth
        self._confusion = np.zeros((self.classes, self.classes) if self.classes <= MAX_CLASSES else (0, 0), np.int64)
        self._support, self._chosen, self._hits = (np.zeros(self.classes, np.int64) for _ in range(3))
        self._bins = np.zeros((3, _BINS))

    def add(self, truth: Array, probability: Array) -> None:
        """Some of the samples: their class indices, and probabilities of shape (samples, classes)."""
        classes = self.classes
        predicted = probability.argmax(axis=1)
        right = predicted == truth
        self._support += np.bincount(truth, minlength=classes)
        self._chosen += np.bincount(predicted, minlength=classes)
        self._hits += np.bincount(truth[right], minlength=classes)
        if classes <= MAX_CLASSES:
            pairs = np.bincount(truth * np.int64(classes) + predicted, minlength=classes**2)
            self._confusion += pairs.reshape(classes, classes)
        confidence = probability.max(axis=1)
        bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
        for row, weights in enumerate((None, confidence, right)):
            self._bins[row] += np.bincount(bins, weights, _BINS)

    def result(self, labels: LabelEncoding, train: SampleSet | None) -> dict[str, Any]:
        """Plain data, for evaluation.json."""
        classes, support, total = self.classes, self._support, len(self._truth)
        precision, recall = _ratio(self._hits, self._chosen), _ratio(self._hits, support)
        f1 = _ratio(2 * precision * recall, precision + recall)
        names = labels.class_names() or [str(index) for index in range(classes)]
        out: dict[str, Any] = {
            "accuracy": float(self._hits.sum() / total),
            "macro_f1": float(f1[support > 0].mean()) if (support > 0).any() else 0.0,
            "per_class": [
                {
                    "class": names[index] if index < len(names) else str(index),
                    "samples": int(support[index]),
                    "precision": float(precision[index]),
                    "recall": float(recall[index]),
                    "f1": float(f1[index]),
                }
                for index in range(classes)
            ],
            "calibration": self._calibration(),
        }
        if classes <= MAX_CLASSES:
            out["confusion"] = self._confusion.tolist()
        seen = class_indices(train.y, labels) if train is not None else None
        if seen is not None and len(seen):
            majority = int(np.argmax(class_counts(seen)))
            out["baseline"] = {
                "majority_class": names[majority] if majority < len(names) else str(majority),
                "accuracy": float((self._truth == majority).mean()),
            }
        return out

    def _calibration(self) -> dict[str, Any]:
        """Confidence against accuracy in bins of equal width, and the expected calibration error."""
        total = len(self._truth)
        rows, error = [], 0.0
        for count, confidence, hits in self._bins.T.tolist():
            if count:
                error += abs(confidence - hits) / total
                rows.append({"confidence": confidence / count, "accuracy": hits / count, "samples": int(count)})
        return {"expected_error": error, "bins": rows}


class Regression:
    """Errors in numbers; as baselines the mean of the training labels and, for a series, its last value."""

    def __init__(self, samples: SampleSet, train: SampleSet | None) -> None:
        assert samples.y is not None
        self._samples = samples
        self._mean = _mean(samples.y)
        self._train_mean = _mean(train.y) if train is not None and train.y is not None else None
        self._count = 0
        self._sums = dict.fromkeys(("residual", "absolute", "squared", "spread", "mean", "last"), 0.0)
        self._residuals: list[Array] = []
        self._step = max(1, samples.y.size // _MAX_RESIDUALS)

    def add(self, rows: slice, outputs: Array) -> None:
        """The outputs for some of the samples."""
        y = self._samples.y
        assert y is not None
        truth = np.asarray(choose(y, rows)).reshape(len(outputs), -1).astype(np.float64)
        residual = outputs.reshape(len(outputs), -1).astype(np.float64) - truth
        self._count += residual.size
        sums = self._sums
        sums["residual"] += residual.sum()
        sums["absolute"] += np.abs(residual).sum()
        sums["squared"] += (residual**2).sum()
        sums["spread"] += ((truth - self._mean) ** 2).sum()
        if self._train_mean is not None:
            sums["mean"] += np.abs(truth - self._train_mean).sum()
            if self._samples.series:
                x = choose(self._samples.x, rows)
                last = per_sample(lambda part: part.reshape(len(part), -1)[:, -1:].astype(np.float64), x)
                sums["last"] += np.abs(truth - last).sum()
        self._residuals.append(residual.reshape(-1)[:: self._step].astype(np.float32))

    def result(self) -> dict[str, Any]:
        """Plain data, for evaluation.json; quantiles are those of a part of very many residuals."""
        mean = {name: float(value / self._count) for name, value in self._sums.items()}
        levels = (0.05, 0.25, 0.5, 0.75, 0.95)
        quantiles = np.quantile(np.concatenate(self._residuals), levels)
        out: dict[str, Any] = {
            "mae": mean["absolute"],
            "rmse": float(np.sqrt(mean["squared"])),
            "bias": mean["residual"],
            "r2": 1 - mean["squared"] / mean["spread"] if mean["spread"] else None,
            "quantiles": {str(level): float(value) for level, value in zip(levels, quantiles)},
        }
        if self._train_mean is not None:
            out["baseline"] = {"mean_mae": mean["mean"]}
            if self._samples.series:
                out["baseline"]["last_value_mae"] = mean["last"]
        return out


def _mean(y: Values) -> Array:
    """The mean label."""
    total = sum(part.reshape(len(part), -1).sum(axis=0, dtype=np.float64) for _, part in chunks(y))
    return np.asarray(total / len(y))


def _ratio(top: Array, bottom: Array) -> Array:
    return np.divide(top, bottom, out=np.zeros(len(top)), where=np.asarray(bottom) > 0)
