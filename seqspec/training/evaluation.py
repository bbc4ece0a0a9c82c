"""Evaluation: loss and metrics by Keras; per-class results, calibration, residuals and baselines by NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from seqspec.training.data.labels import LabelEncoding, class_indices
from seqspec.training.data.prepare import SampleSet
from seqspec.training.data.samples import Array
from seqspec.training.data.stored import Values, per_sample
from seqspec.training.feed import in_batches, in_order

MAX_CLASSES = 200
"""Classes for which a confusion matrix is written."""
_BINS = 10


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
    outputs = predict_outputs(model, samples, batch_size)
    truth = class_indices(samples.y, labels)
    if truth is not None and outputs.ndim == 2 and labels.kind is not None:
        out["classes"] = classification(truth, probabilities(model, outputs, labels), labels, train)
    elif _is_regression(samples.y, outputs, labels):
        series = samples.x if samples.series else None
        out["residuals"] = regression(np.asarray(samples.y), outputs, train, series)
    return out


def scalar(value: Any) -> float:
    """A logged value as a number: of a metric with one value per class, such as F1Score, their mean."""
    return float(np.mean(np.asarray(value)))


def _is_regression(y: Values, outputs: Array, labels: LabelEncoding) -> bool:
    if labels.kind not in ("regression", None) or y.dtype.kind not in "fiu":
        return False
    return len(outputs) == len(y) and outputs[:1].size * len(y) == y.size


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


def classification(truth: Array, probability: Array, labels: LabelEncoding, train: SampleSet | None) -> dict[str, Any]:
    """Accuracy, precision, recall and F1 of each class, confusion matrix, calibration, and the majority class."""
    classes = max(probability.shape[1], int(truth.max(initial=0)) + 1)
    predicted = probability.argmax(axis=1)
    confusion = np.zeros((classes, classes), np.int64)
    np.add.at(confusion, (truth, predicted), 1)
    hits = np.diag(confusion)
    support, chosen = confusion.sum(axis=1), confusion.sum(axis=0)
    precision, recall = _ratio(hits, chosen), _ratio(hits, support)
    f1 = _ratio(2 * precision * recall, precision + recall)
    names = labels.class_names() or [str(index) for index in range(classes)]
    out: dict[str, Any] = {
        "accuracy": float((predicted == truth).mean()),
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
        "calibration": calibration(truth, predicted, probability),
    }
    if classes <= MAX_CLASSES:
        out["confusion"] = confusion.tolist()
    seen = class_indices(train.y, labels) if train is not None else None
    if seen is not None and len(seen):
        majority = int(np.bincount(seen).argmax())
        out["baseline"] = {
            "majority_class": names[majority] if majority < len(names) else str(majority),
            "accuracy": float((truth == majority).mean()),
        }
    return out


def calibration(truth: Array, predicted: Array, probability: Array) -> dict[str, Any]:
    """Confidence against accuracy in bins of equal width, and the expected calibration error."""
    confidence = probability.max(axis=1)
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    hits = predicted == truth
    rows, error = [], 0.0
    for index in range(_BINS):
        inside = bins == index
        if not inside.any():
            continue
        mean, accuracy = float(confidence[inside].mean()), float(hits[inside].mean())
        error += inside.mean() * abs(mean - accuracy)
        rows.append({"confidence": mean, "accuracy": accuracy, "samples": int(inside.sum())})
    return {"expected_error": float(error), "bins": rows}


def regression(y: Array, outputs: Array, train: SampleSet | None, x: Values | None = None) -> dict[str, Any]:
    """Errors in numbers; as baselines the mean of the training labels and, for a series (`x`), its last value."""
    truth = y.reshape(len(y), -1).astype(np.float64)
    predicted = outputs.reshape(len(outputs), -1).astype(np.float64)
    residual = predicted - truth
    spread = float(((truth - truth.mean(axis=0)) ** 2).mean())
    out: dict[str, Any] = {
        "mae": float(np.abs(residual).mean()),
        "rmse": float(np.sqrt((residual**2).mean())),
        "bias": float(residual.mean()),
        "r2": 1 - float((residual**2).mean()) / spread if spread else None,
        "quantiles": {str(q): float(np.quantile(residual, q)) for q in (0.05, 0.25, 0.5, 0.75, 0.95)},
    }
    if train is not None and train.y is not None:
        mean = np.asarray(train.y).reshape(len(train), -1).mean(axis=0)
        out["baseline"] = {"mean_mae": float(np.abs(truth - mean).mean())}
        if x is not None:
            last = per_sample(lambda part: part.reshape(len(part), -1)[:, -1:].astype(np.float64), x)
            out["baseline"]["last_value_mae"] = float(np.abs(truth - last).mean())
    return out


def _ratio(top: Array, bottom: Array) -> Array:
    return np.divide(top, bottom, out=np.zeros(len(top)), where=np.asarray(bottom) > 0)
