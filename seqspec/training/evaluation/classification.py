"""Results of classifiers: per-class results, calibration, the majority class."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from seqspec.training.data.labels import LabelBaseline, LabelEncoding
from seqspec.training.data.samples import Array
from seqspec.training.evaluation.intervals import Counts
from seqspec.training.evaluation.thresholds import assigned_classes, scores_of
from seqspec.training.records import Calibration, CalibrationBin, ClassRate, ClassResults, ClassRow, MovedMajority

MAX_CLASSES = 200
"""Maximum number of classes for which a confusion matrix is written."""
_BINS = 10
_LEAST = 1e-7
"""The smallest probability that the log loss is computed from, as in Keras."""
_IMAGES = 4
"""The rank of outputs for the pixels of images, batch included."""
_MOVED, _CERTAIN = 0.1, 3.0
"""How much more frequent a class is than in training where the shares have moved, and at least in standard errors."""


class _ClassCounts:
    """Samples, predictions and hits of each class, and bins of confidence."""

    def __init__(self, classes: int) -> None:
        self._support, self._chosen, self._hits = (np.zeros(classes, np.int64) for _ in range(3))
        self._bins = np.zeros((3, _BINS))

    @property
    def counts(self) -> Counts:
        """Samples, predictions and hits of each class."""
        return self._support, self._chosen, self._hits

    def _results(self, names: Sequence[str], accuracy: float, positive: str | None = None) -> ClassResults:
        """What is known of classes and of labels; `positive` is the second of two classes."""
        rows, macro_f1 = _per_class(names, *self.counts)
        calibration = _calibration(self._bins, positive)
        return {"accuracy": accuracy, "macro_f1": macro_f1, "per_class": rows, "calibration": calibration}


class Classification(_ClassCounts):
    """Accuracy, precision, recall and F1 of each class, confusion matrix, calibration, and the majority class.

    Of outputs per position, such as the pixels of a segmentation, each position is counted, and there is also
    the intersection over union of each class.

    Args:
        classes: The number of classes.
        rank: The rank of the model's outputs, batch included.
        labels: How labels are encoded, with the threshold of a binary classifier.
    """

    def __init__(self, classes: int, rank: int = 2, labels: LabelEncoding | None = None) -> None:
        # A single output is the probability of the second class.
        self.classes = max(classes, 2)
        super().__init__(self.classes)
        self._rank = rank
        self._labels = labels or LabelEncoding(None)
        self._confusion = np.zeros((self.classes, self.classes) if self.classes <= MAX_CLASSES else (0, 0), np.int64)
        self._at_default: Counts = (self._support, np.zeros_like(self._chosen), np.zeros_like(self._hits))
        self._mass = np.zeros(self.classes)
        self._log_loss = 0.0

    def add(self, truth: Array, probability: Array) -> None:
        """Adds a chunk of samples: class indices, and probabilities of shape (samples, classes)."""
        truth = truth.astype(np.int64, copy=False)
        classes = self.classes
        predicted, likeliest = assigned_classes(probability, self._labels), probability.argmax(axis=1)
        right = predicted == truth
        self._support += np.bincount(truth, minlength=classes)
        self._chosen += np.bincount(predicted, minlength=classes)
        self._hits += np.bincount(truth[right], minlength=classes)
        if classes <= MAX_CLASSES:
            pairs = np.bincount(truth * np.int64(classes) + predicted, minlength=classes**2)
            self._confusion += pairs.reshape(classes, classes)
        self._bins += _bins_of(probability, truth)
        self._mass += probability.sum(axis=0)
        self._log_loss += log_losses(probability, truth).sum()
        _, chosen, hits = self._at_default
        chosen += np.bincount(likeliest, minlength=classes)
        hits += np.bincount(truth[likeliest == truth], minlength=classes)

    def result(self, labels: LabelEncoding, baseline: LabelBaseline) -> ClassResults:
        """Plain data, for evaluation.json; `baseline` is of the training set."""
        names, total = _names(labels, self.classes), max(1, int(self._support.sum()))
        out = self._results(names, float(self._hits.sum() / total), names[1] if self.classes == 2 else None)
        if self.classes <= MAX_CLASSES:
            out["confusion"] = self._confusion.tolist()
        if np.isfinite(self._mass).all():
            out["rate"] = self._rate(names, total)
            out["log_loss"] = float(self._log_loss / total)
        threshold = labels.threshold
        if threshold is not None and self.classes == 2:
            scores, default = scores_of(self.counts), scores_of(self._at_default)
            out["threshold"] = {**scores, "value": threshold.value, "chosen": threshold.chosen, "default": default}
        if baseline.majority is not None:
            share = float(self._support[baseline.majority] / total)
            out["baseline"] = {"majority_class": names[baseline.majority], "accuracy": share}
            if (moved := self._moved(names, total, baseline)) is not None:
                out["baseline"]["moved"] = moved
            if baseline.shares is not None and len(baseline.shares) == self.classes:
                losses = -np.log(np.maximum(baseline.shares, _LEAST))
                out["baseline"]["log_loss"] = float(self._support @ losses / total)
        if self._rank > 2:
            out["unit"] = "pixel" if self._rank == _IMAGES else "position"
            self._add_overlap(out)
        return out

    def _moved(self, names: Sequence[str], total: int, baseline: LabelBaseline) -> MovedMajority | None:
        """The most frequent class, where it is certainly far more frequent than in the training set."""
        most = int(self._support.argmax())
        if most == baseline.majority or baseline.shares is None or len(baseline.shares) != self.classes:
            return None
        own, trained = float(self._support[most] / total), float(baseline.shares[most])
        if own <= trained + max(_MOVED, _CERTAIN * math.sqrt(trained * (1 - trained) / total)):
            return None
        return {"name": names[most], "share": own, "training_share": trained}

    def _rate(self, names: Sequence[str], total: int) -> ClassRate:
        """The mean probability and the frequency of a class."""
        index = 1 if self.classes == 2 else int(np.abs(self._mass - self._support).argmax())
        predicted, actual = float(self._mass[index] / total), float(self._support[index] / total)
        return {"class": names[index], "predicted": predicted, "actual": actual, "samples": total}

    def _add_overlap(self, out: ClassResults) -> None:
        """Adds the intersection over union of each class, and its mean over the classes that occur, as in Keras."""
        union = self._support + self._chosen - self._hits
        overlap = _ratio(self._hits, union)
        for row, value in zip(out["per_class"], overlap):
            row["iou"] = float(value)
        out["mean_iou"] = float(overlap[union > 0].mean()) if union.any() else 0.0


class MultilabelClassification(_ClassCounts):
    """Precision, recall and F1 of each label at a probability of 0.5, and calibration over all decisions.

    The accuracy is the share of samples whose labels are all right, as in scikit-learn.

    Args:
        classes: The number of labels.
    """

    def __init__(self, classes: int) -> None:
        super().__init__(classes)
        self._total = self.exact = 0

    def add(self, truth: Array, probability: Array) -> None:
        """Adds a chunk of samples: labels (bool) and probabilities, both of shape (samples, classes)."""
        predicted = probability > 0.5
        self._support += truth.sum(axis=0)
        self._chosen += predicted.sum(axis=0)
        self._hits += (truth & predicted).sum(axis=0)
        self._total += len(truth)
        self.exact += int((truth == predicted).all(axis=1).sum())
        confidence = np.maximum(probability, 1 - probability)
        self._bins += _binned(confidence.reshape(-1), (truth == predicted).reshape(-1))

    def result(self, labels: LabelEncoding) -> ClassResults:
        """Plain data, for evaluation.json."""
        return self._results(_names(labels, len(self._support)), self.exact / self._total)


def _names(labels: LabelEncoding, count: int) -> list[str]:
    """The names of `count` classes; the index of a class that has none."""
    names = labels.class_names() or []
    return [*names, *map(str, range(len(names), count))]


def _per_class(names: Sequence[str], support: Array, chosen: Array, hits: Array) -> tuple[list[ClassRow], float]:
    """Precision, recall and F1 of each class, and the mean F1.

    Args:
        names: The names of the classes.
        support: Samples of each class.
        chosen: Samples that were predicted as each class.
        hits: Those that were predicted rightly.
    """
    precision, recall = _ratio(hits, chosen), _ratio(hits, support)
    f1 = _ratio(2 * precision * recall, precision + recall)
    columns = (names, support.tolist(), precision.tolist(), recall.tolist(), f1.tolist())
    rows: list[ClassRow] = [
        {"class": name, "samples": samples, "precision": own_precision, "recall": own_recall, "f1": own_f1}
        for name, samples, own_precision, own_recall, own_f1 in zip(*columns)
    ]
    # As in scikit-learn: over the classes that samples have or that were predicted.
    occurring = (support > 0) | (chosen > 0)
    return rows, float(f1[occurring].mean()) if occurring.any() else 0.0


def log_losses(probability: Array, truth: Array) -> Array:
    """The log loss of class probabilities, (samples, classes), for each class index."""
    last = probability.shape[1] - 1
    own = np.where(truth <= last, probability[np.arange(len(truth)), np.minimum(truth, last)], 0.0)
    return np.asarray(-np.log(np.clip(own, _LEAST, 1.0)))


def _binned(confidence: Array, right: Array) -> Array:
    """Decisions, their confidence and the right ones, summed in bins of equal width: (3, bins)."""
    # A model whose weights overflowed outputs NaN, which belongs to no bin.
    known = np.isfinite(confidence)
    confidence, right = confidence[known], right[known]
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    return np.stack([np.bincount(bins, weights, _BINS) for weights in (None, confidence, right)])


def expected_error(probability: Array, truth: Array) -> float:
    """The expected calibration error of class probabilities, (samples, classes), for class indices."""
    return _calibration(_bins_of(probability, truth))["expected_error"]


def _bins_of(probability: Array, truth: Array) -> Array:
    """The bins of class probabilities, (samples, classes), for class indices: of two classes those of the second.

    The confidence of two classes would hide a shift between them: the errors of both cancel.
    """
    if probability.shape[1] == 2:
        return _binned(probability[:, 1], truth == 1)
    return _binned(probability.max(axis=1), probability.argmax(axis=1) == truth)


def _calibration(bins: Array, positive: str | None = None) -> Calibration:
    """Confidence and accuracy in bins of equal width, and the expected calibration error.

    Of two classes, `positive` is the name of the second, whose probabilities and rates they are.
    """
    total = bins[0].sum()
    rows: list[CalibrationBin] = []
    error = 0.0
    for count, confidence, hits in bins.T.tolist():
        if count:
            error += abs(confidence - hits) / total
            rows.append({"confidence": confidence / count, "accuracy": hits / count, "samples": int(count)})
    calibration: Calibration = {"expected_error": float(error), "bins": rows}
    return calibration if positive is None else {**calibration, "positive": positive}


def _ratio(top: Array, bottom: Array) -> Array:
    return np.divide(top, bottom, out=np.zeros(len(top)), where=np.asarray(bottom) > 0)
