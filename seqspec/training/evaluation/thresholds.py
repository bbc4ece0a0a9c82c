"""Thresholds of binary classifiers, from which the second class is predicted; what validation data is needed for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from seqspec.core.api.diagnostics import Violation
from seqspec.core.api.spec import Threshold as Aim
from seqspec.core.api.spec import TypedSpec
from seqspec.training.data.labels import DEFAULT_THRESHOLD, ClassThreshold, LabelEncoding
from seqspec.training.data.prepared import PreparedData
from seqspec.training.data.samples import Array
from seqspec.training.errors import DataError, RunError
from seqspec.training.records import ThresholdScores


def declared_threshold(spec: TypedSpec) -> float | str | Aim:
    """The `threshold` of `[report]`."""
    declared: float | str | Aim = spec.report.threshold
    return declared


def has_validation(spec: TypedSpec, data: PreparedData) -> bool:
    """Whether there is validation data: a set, a part of the training set, or folds."""
    split = spec.data.split
    by_stages = any(stage.validation_split for stage in spec.fit)
    return "validation" in data.sets or by_stages or (split is not None and bool(split.has_validation))


def require_threshold(spec: TypedSpec, data: PreparedData) -> None:
    """Raises `DataError` for a threshold of a model that is not a binary classifier, or without validation data."""
    declared, path = declared_threshold(spec), ("report", "threshold")
    if declared == DEFAULT_THRESHOLD:
        return
    if data.labels.kind != "binary":
        message = f"threshold needs binary labels, but the kind of the labels is {data.labels.kind or 'unknown'}"
        raise DataError([Violation("data-mismatch", message, path=path, help="remove threshold")])
    if not isinstance(declared, (int, float)) and not has_validation(spec, data):
        help = "add a validation fraction to [data.split], or write a number"
        message = "threshold is chosen on validation data, and there is none"
        raise DataError([Violation("data-mismatch", message, path=path, help=help)])


def wants_calibration(spec: TypedSpec) -> bool:
    """Whether `[report] calibrate` is set."""
    return spec.report.calibrate


def require_calibration(spec: TypedSpec, data: PreparedData) -> None:
    """Raises `DataError` for a model that is not a classifier, or without validation data."""
    if not wants_calibration(spec):
        return
    path, help = ("report", "calibrate"), "remove calibrate"
    if data.labels.kind not in ("binary", "multiclass", "multilabel"):
        message = f"calibrate needs class labels, but the kind of the labels is {data.labels.kind or 'unknown'}"
        raise DataError([Violation("data-mismatch", message, path=path, help=help)])
    if not has_validation(spec, data):
        message = "the temperature is chosen on validation data, and there is none"
        help = "add a validation fraction to [data.split], or remove calibrate"
        raise DataError([Violation("data-mismatch", message, path=path, help=help)])


def choose_threshold(declared: float | str | Aim, truth: Array, score: Array) -> ClassThreshold:
    """The threshold that reaches what is declared on validation data.

    Args:
        declared: A number, "f1", "balanced" (balanced accuracy), or a recall or costs to reach.
        truth: The class index of each sample, 0 or 1.
        score: The probability of class 1 of each sample.
    """
    if isinstance(declared, (int, float)):
        return ClassThreshold(float(declared), "as declared")
    order = np.argsort(-score, kind="stable")
    ordered, positive = score[order].astype(np.float64), truth[order] == 1
    # The last sample of each score: samples of one score are assigned alike.
    last = np.flatnonzero(np.r_[ordered[1:] != ordered[:-1], True])
    hits, false = np.cumsum(positive)[last], np.cumsum(~positive)[last]
    positives, negatives = max(1, int(hits[-1])), max(1, int(false[-1]))
    # Halfway to the next score, so that a small change of a probability does not matter.
    values = (ordered[last] + np.r_[ordered[last][1:], 0.0]) / 2
    if isinstance(declared, Aim) and declared.cost is not None:
        what, costs = "lowest cost", declared.cost[0] * false + declared.cost[1] * (positives - hits)
        best = int(np.argmin(costs))
        if declared.cost[1] * positives <= costs[best] and ordered[0] < 1:
            values[best] = (1 + ordered[0]) / 2
    elif isinstance(declared, Aim):
        wanted = declared.recall or 0.0
        what, best = f"recall {wanted:g}", int(np.argmax(hits >= wanted * positives - 1e-9))
    elif declared == "f1":
        what, best = "best F1", int(np.argmax(2 * hits / (positives + hits + false)))
    else:
        what, best = "best balanced accuracy", int(np.argmax(hits / positives - false / negatives))
    return ClassThreshold(float(values[best]), f"{what} on validation")


def with_threshold(labels: LabelEncoding, value: float | None) -> LabelEncoding:
    """The labels with another threshold; raises `RunError` for one that cannot be used."""
    if value is None:
        return labels
    if labels.kind != "binary":
        raise RunError(f"a threshold needs a binary classifier; the kind of the labels is {labels.kind or 'unknown'}")
    if not 0 < value < 1:
        raise RunError(f"a threshold must be above 0 and below 1, got {value:g}")
    return replace(labels, threshold=ClassThreshold(value, "as requested"))


def assigned_classes(probability: Array, labels: LabelEncoding) -> Array:
    """The class index of each sample from class probabilities, (samples, classes)."""
    if labels.threshold is None or probability.shape[1] != 2:
        return np.asarray(probability.argmax(axis=1))
    return (probability[:, 1] >= labels.threshold.value).astype(np.int64)


def scores_of(counts: Sequence[Array]) -> ThresholdScores:
    """Precision, recall and F1 of the second class, from samples, predictions and hits of each class."""
    support, chosen, hits = (int(count[1]) for count in counts)
    return {
        "precision": hits / chosen if chosen else 0.0,
        "recall": hits / support if support else 0.0,
        "f1": 2 * hits / (support + chosen) if support + chosen else 0.0,
    }
