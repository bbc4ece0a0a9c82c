"""What evaluation records of single samples: ROC and precision-recall curves, and the worst errors."""

from __future__ import annotations

import numpy as np

from seqspec.training.data.samples import Array
from seqspec.training.records import BinaryCurves, WorstError

_MAX_POINTS = 200
"""Maximum number of points of a curve in evaluation.json."""
_MAX_SCORES = 2**24
"""Maximum number of scores in memory; there are no curves of more."""
WORST = 12
"""The number of samples with the worst errors that are recorded."""


class Scores:
    """The probabilities of the positive class, for the curves of a binary classifier."""

    def __init__(self) -> None:
        self._truth: list[Array] = []
        self._scores: list[Array] = []
        self._count = 0

    def add(self, truth: Array, probability: Array) -> None:
        """Adds a chunk: class indices 0 or 1, and probabilities of shape (samples, 2)."""
        self._count += len(truth)
        if self._count <= _MAX_SCORES:
            self._truth.append(truth.astype(bool))
            self._scores.append(probability[:, 1].astype(np.float32))

    def result(self) -> BinaryCurves | None:
        """The curves; None with a single class, NaN among the scores, or too many samples."""
        if not 0 < self._count <= _MAX_SCORES:
            return None
        truth, scores = np.concatenate(self._truth), np.concatenate(self._scores)
        positives = int(truth.sum())
        if not 0 < positives < len(truth) or not np.isfinite(scores).all():
            return None
        order = np.argsort(-scores, kind="stable")
        truth, scores = truth[order], scores[order]
        # Samples of the same score are on one side of every threshold.
        last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
        hits = np.cumsum(truth)[last]
        false = last + 1 - hits
        recall, fallout = hits / positives, false / (len(truth) - positives)
        precision = hits / (last + 1)
        heights, widths = np.append(0, recall), np.diff(np.append(0, fallout))
        auc = float(np.sum(widths * (heights[1:] + heights[:-1])) / 2)
        average = float(np.sum(np.diff(np.append(0, recall)) * precision))
        at = np.unique(np.linspace(0, len(last) - 1, min(len(last), _MAX_POINTS)).round().astype(int))
        return {
            "auc": auc,
            "average_precision": average,
            "positives": positives / len(truth),
            "false_positive_rate": [0.0, *fallout[at].tolist()],
            "true_positive_rate": [0.0, *recall[at].tolist()],
            "precision": precision[at].tolist(),
            "recall": recall[at].tolist(),
        }


class WorstErrors:
    """The samples with the largest errors of a set."""

    def __init__(self) -> None:
        self._found: list[WorstError] = []

    def add_classes(self, start: int, truth: Array, predicted: Array, probability: Array) -> None:
        """Adds a chunk that begins at sample `start`.

        Args:
            start: The number of the first sample.
            truth: Class indices.
            predicted: The class indices that were predicted.
            probability: Probabilities of shape (samples, classes).
        """
        # A label can have no output of its own.
        known = (truth >= 0) & (truth < probability.shape[1])
        own = np.where(known, probability[np.arange(len(truth)), np.where(known, truth, 0)], 0.0)
        error = np.where(predicted == truth, -1.0, 1 - own)
        for row in _largest(error):
            if error[row] >= 0:
                self._found.append(
                    {
                        "sample": start + row,
                        "truth": int(truth[row]),
                        "predicted": int(predicted[row]),
                        "error": float(error[row]),
                        "probability": float(probability[row, predicted[row]]),
                    }
                )
        self._keep()

    def add_numbers(self, start: int, truth: Array, predicted: Array, residuals: Array) -> None:
        """Adds a chunk of labels and outputs, both of shape (samples, values); the error is the mean absolute one.

        `residuals` are their differences, NaN where they do not count; a sample of which none counts has no error.
        """
        error = mean_of_rows(np.abs(residuals))
        for row in _largest(error):
            self._found.append(
                {
                    "sample": start + row,
                    "truth": truth[row].tolist(),
                    "predicted": predicted[row].tolist(),
                    "error": float(error[row]),
                }
            )
        self._keep()

    def _keep(self) -> None:
        self._found = sorted(self._found, key=lambda error: -error["error"])[:WORST]

    def result(self) -> list[WorstError]:
        """The worst first."""
        return self._found


def mean_of_rows(values: Array) -> Array:
    """The mean of each row without its NaN; NaN for a row of nothing else."""
    counted = ~np.isnan(values)
    if counted.all():
        return np.asarray(values.mean(axis=1))
    counts = counted.sum(axis=1)
    return np.asarray(np.where(counted, values, 0).sum(axis=1) / np.where(counts, counts, np.nan))


def _largest(error: Array) -> list[int]:
    known = np.nan_to_num(error, nan=-np.inf, posinf=np.finfo(np.float64).max)
    largest: list[int] = np.argsort(-known, kind="stable")[:WORST].tolist()
    return [row for row in largest if known[row] > -np.inf]
