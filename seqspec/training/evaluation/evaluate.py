"""Evaluation: loss and metrics by Keras; per-class results, calibration, residuals and baselines by NumPy."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import cast

import keras
import numpy as np

from seqspec.core.document.outputs import DEFAULT_LEVEL
from seqspec.training.data.labels import Baseline, LabelEncoding, class_indices, mean_label
from seqspec.training.data.prepared import SampleSet
from seqspec.training.data.samples import Array
from seqspec.training.data.stored import Values, choose, chunks
from seqspec.training.evaluation.error_analysis import Scores, WorstErrors
from seqspec.training.evaluation.forecast_scores import ForecastErrors, ForecastScores
from seqspec.training.evaluation.intervals import Counts, SampleScores, SetIntervals
from seqspec.training.evaluation.measured_metrics import MeasuredMetrics
from seqspec.training.evaluation.thresholds import assigned_classes, scores_of
from seqspec.training.feed import in_batches, in_order, shared
from seqspec.training.records import (
    Calibration,
    CalibrationBin,
    ClassRate,
    ClassResults,
    ClassRow,
    MovedMajority,
    RegressionBaseline,
    RegressionResults,
    SetEvaluation,
)

MAX_CLASSES = 200
"""Maximum number of classes for which a confusion matrix is written."""
_BINS = 10
_LEAST = 1e-7
"""The smallest probability that the log loss is computed from, as in Keras."""
_IMAGES = 4
"""The rank of outputs for the pixels of images, batch included."""
_PART_BYTES = 2**24
"""Maximum bytes of outputs in memory at once."""
_POSITIONS = 2**18
"""Maximum number of positions of maps whose probabilities are in memory at once."""
_MOVED, _CERTAIN = 0.1, 3.0
"""How much more frequent a class is than in training where the shares have moved, and at least in standard errors."""
_MAX_RESIDUALS = 2**23
"""Maximum number of residuals from which quantiles are computed."""


def evaluate_sets(
    model: keras.Model,
    sets: Mapping[str, SampleSet],
    labels: LabelEncoding,
    batch_size: int,
    baseline: Baseline,
    level: float = DEFAULT_LEVEL,
    scores: dict[str, SampleScores] | None = None,
) -> dict[str, SetEvaluation]:
    """Loss, metrics and details of each set.

    Args:
        model: The model.
        sets: The sets by name.
        labels: How labels are encoded.
        batch_size: Samples per batch.
        baseline: What the training labels predict without inputs.
        level: The level of confidence intervals, 0 for none; the training set has none.
        scores: Receives the results of each sample of the sets that have intervals.
    """
    results, forecasts = {}, dict[str, ForecastErrors]()
    for name, samples in sets.items():
        own = 0.0 if name == "train" else level
        results[name], details = _evaluate_set(model, samples, labels, batch_size, baseline, own)
        if details is not None and details.forecast_errors is not None:
            forecasts[name] = details.forecast_errors
        found = details.intervals.scores() if details is not None and details.intervals is not None else None
        if scores is not None and found is not None:
            scores[name] = found
    _add_intervals(results, forecasts)
    return results


def _add_intervals(results: Mapping[str, SetEvaluation], forecasts: Mapping[str, ForecastErrors]) -> None:
    """Adds the range of the errors of forecasts of the validation set, and how much of another set it holds."""
    interval = forecasts["validation"].interval() if "validation" in forecasts else None
    if interval is None or "forecast" not in results["validation"]:
        return
    results["validation"]["forecast"]["interval"] = interval
    for name, errors in forecasts.items():
        if name == "validation" or "forecast" not in results[name]:
            continue
        if (coverage := errors.coverage(interval)) is not None:
            results[name]["forecast"]["coverage"] = coverage


def mark_results(results: Mapping[str, SetEvaluation], weighted: bool, unit: str | None) -> None:
    """Notes in the results of a classifier that classes had weights in training, in those of a regression the unit."""
    for result in results.values():
        if unit is not None and "residuals" in result:
            result["residuals"]["unit"] = unit
        if weighted and "classes" in result:
            result["classes"]["weighted"] = True


def _evaluate_set(
    model: keras.Model, samples: SampleSet, labels: LabelEncoding, batch_size: int, baseline: Baseline, level: float
) -> tuple[SetEvaluation, _SetDetails | None]:
    """The results of one set, and the details that they are from, if its labels have some."""
    found = in_order(samples, batch_size)
    if in_batches(samples):
        results = model.evaluate(found, return_dict=True, verbose=0)
    else:
        x, y, weight = (None if each is None else shared(each) for each in (samples.x, samples.y, samples.weight))
        results = model.evaluate(x, y, sample_weight=weight, batch_size=batch_size, return_dict=True, verbose=0)
    out: SetEvaluation = {"samples": len(samples), "metrics": {name: scalar(value) for name, value in results.items()}}
    if samples.y is None or labels.kind == "reconstruction":
        return out, None
    details = _SetDetails(model, samples, samples.y, labels, baseline, level)
    for rows, outputs in output_parts(model, samples, batch_size):
        if not details.add(rows, outputs):
            break
    details.write(out)
    return out, details


class _SetDetails:
    """Per-class results or residuals of a set, depending on the labels, from outputs in chunks."""

    def __init__(
        self, model: keras.Model, samples: SampleSet, y: Values, labels: LabelEncoding, baseline: Baseline, level: float
    ) -> None:
        self._model, self._samples, self._y, self._labels, self._baseline = model, samples, y, labels, baseline
        # Where the model has a mask, Keras counts no padding, and outputs do not say what is padding.
        self._masked = getattr(model.outputs[0], "_keras_mask", None) is not None
        self._classes: Classification | None = None
        self._several: MultilabelClassification | None = None
        self._residuals: Regression | None = None
        self._forecasts: ForecastScores | None = None
        self._measured: MeasuredMetrics | None = None
        self.intervals = SetIntervals(samples, level) if level else None
        self._scores, self._worst = Scores(), WorstErrors()

    def add(self, rows: slice, outputs: Array) -> bool:
        """Adds the outputs of a chunk of samples; returns whether they fit the labels."""
        labels, y = self._labels, self._y
        if labels.kind == "multilabel" and outputs.ndim == 2 and y.shape[1:] == outputs.shape[1:]:
            self._several = self._several or MultilabelClassification(outputs.shape[1])
            self._several.add(np.asarray(choose(y, rows)) > 0.5, probabilities(self._model, outputs, labels))
            return True
        if labels.kind in ("binary", "multiclass") and (outputs.ndim == 2 or not self._masked):
            return self._add_classes(rows, outputs)
        if _is_regression(y, outputs, labels):
            self._add_numbers(rows, outputs)
            return True
        return False

    def _add_classes(self, rows: slice, outputs: Array) -> bool:
        labels = self._labels
        truth = class_indices(np.asarray(choose(self._y, rows)), labels)
        flat = outputs.reshape(-1, outputs.shape[-1])
        if truth is None or len(truth) != len(flat):
            return False
        classes = self._classes or Classification(max(flat.shape[1], labels.classes or 0), outputs.ndim, labels)
        self._classes = classes
        for start in range(0, len(truth), _POSITIONS):
            part, values = truth[start : start + _POSITIONS], flat[start : start + _POSITIONS]
            if labels.ignored is not None:
                part, values = part[part != labels.ignored], values[part != labels.ignored]
            classes.add(part, probabilities(self._model, values, labels))
        if outputs.ndim == 2 and labels.ignored is None:
            probability = probabilities(self._model, outputs, labels)
            predicted = assigned_classes(probability, labels)
            self._worst.add_classes(rows.start, truth, predicted, probability)
            if probability.shape[1] == 2:
                self._scores.add(truth, probability)
            # The positions of one sample are not independent of each other: larger ranks have no intervals.
            if self.intervals is not None:
                self.intervals.add_classes(rows, truth, predicted, probability, classes.classes)
        return True

    def _add_numbers(self, rows: slice, outputs: Array) -> None:
        self._residuals = self._residuals or Regression(self._samples, self._baseline)
        self._residuals.add(rows, outputs)
        flat = outputs.reshape(len(outputs), -1).astype(np.float64)
        counted, residuals = self._residuals.of(rows, outputs)
        truth = np.asarray(choose(self._y, rows)).reshape(flat.shape)
        self._worst.add_numbers(rows.start, truth, flat, residuals)
        unmeasured = self._samples.unmeasured(rows)
        if self.intervals is not None:
            self.intervals.add_residuals(rows, counted, residuals, unmeasured)
        if unmeasured is not None:
            self._measured = self._measured or MeasuredMetrics(self._model)
            self._measured.add(truth, outputs, unmeasured)
        if self._samples.origins is not None:
            self._forecasts = self._forecasts or ForecastScores(self._samples.origins, self._y.shape[1])
            self._forecasts.add(rows, outputs)

    @property
    def forecast_errors(self) -> ForecastErrors | None:
        """The errors of forecasts; None of other labels."""
        return None if self._forecasts is None else self._forecasts.signed

    def write(self, out: SetEvaluation) -> None:
        """Adds the results to those of the set."""
        intervals = self.intervals
        if self._classes is not None:
            out["classes"] = self._classes.result(self._labels, self._baseline)
            if intervals is not None:
                intervals.write_classes(out, self._classes.counts)
            if (curves := self._scores.result()) is not None:
                out["curves"] = curves
        elif self._several is not None:
            out["classes"] = self._several.result(self._labels)
            if intervals is not None:
                intervals.write_labels(out, self._several.counts, self._several.exact)
        elif self._residuals is not None and (found := self._residuals.result()) is not None:
            out["residuals"] = found
            if intervals is not None:
                intervals.write_residuals(out)
            if self._measured is not None:
                self._measured.write(out)
            if self._forecasts is not None and (results := self._forecasts.result()) is not None:
                out["forecast"] = results
        if worst := self._worst.result():
            out["worst"] = worst


def scalar(value: object) -> float:
    """A logged value as a number; the mean for a metric with one value per class, such as F1Score."""
    return float(np.mean(np.asarray(value)))


def _is_regression(y: Values, outputs: Array, labels: LabelEncoding) -> bool:
    if labels.kind not in ("regression", None) or y.dtype.kind not in "fiu":
        return False
    return outputs[:1].size * len(y) == y.size


def output_size(model: keras.Model) -> int:
    """The number of output values per sample; unknown sizes count as 1."""
    shape = getattr(model, "output_shape", None) or ()
    return int(np.prod([size or 1 for size in shape[1:]], dtype=np.int64))


def output_parts(
    model: keras.Model, samples: SampleSet, batch_size: int, max_samples: int | None = None
) -> Iterator[tuple[slice, Array]]:
    """The outputs of the model in chunks of at most `max_samples` samples, each with the slice of its samples."""
    most = min(_PART_BYTES // (4 * output_size(model)), max_samples or len(samples) + batch_size - 1)
    count = max(1, most // batch_size) * batch_size
    if in_batches(samples):
        yield from _joined(_batch_outputs(model, samples, batch_size), count)
        return
    for start in range(0, len(samples), count):
        rows = slice(start, min(start + count, len(samples)))
        part = samples.x if rows == slice(0, len(samples)) else choose(samples.x, rows)
        yield rows, predict_outputs(model, SampleSet(part, None), batch_size)


def _joined(batches: Iterator[Array], count: int) -> Iterator[tuple[slice, Array]]:
    """Batches joined to chunks of `count` samples, a multiple of the batch size."""
    start, parts = 0, []
    for batch in batches:
        parts.append(batch)
        if sum(map(len, parts)) >= count:
            yield slice(start, start + count), np.concatenate(parts)
            start, parts = start + count, []
    if parts:
        yield slice(start, start + sum(map(len, parts))), np.concatenate(parts)


def predict_outputs(model: keras.Model, samples: SampleSet, batch_size: int) -> Array:
    """The outputs of the model for all samples."""
    if in_batches(samples):
        return np.concatenate(list(_batch_outputs(model, samples, batch_size)))
    with _single_steps(model):
        return np.asarray(model.predict(shared(samples.x), batch_size=batch_size, verbose=0))


@contextmanager
def _single_steps(model: keras.Model) -> Iterator[None]:
    """One batch per call: `predict` would trace each of the `steps_per_execution` batches."""
    steps = model.steps_per_execution
    if steps == 1:
        yield
        return
    # A function of another number of batches would leave some out.
    model.steps_per_execution, model.predict_function = 1, None
    try:
        yield
    finally:
        model.steps_per_execution, model.predict_function = steps, None


def _batch_outputs(model: keras.Model, samples: SampleSet, batch_size: int) -> Iterator[Array]:
    # `predict` would hold `steps_per_execution` batches in memory at once.
    for batch in in_order(SampleSet(samples.x, None), batch_size, labels=False):
        yield np.asarray(model.predict_on_batch(batch[0]))


def probabilities(model: keras.Model, outputs: Array, labels: LabelEncoding) -> Array:
    """Class probabilities (samples, classes): softmax or sigmoid of logits; one output becomes two classes."""
    values = outputs.astype(np.float64)
    several = labels.kind == "multilabel"
    if several or values.shape[1] == 1:
        if is_logits(model):
            values = 1 / (1 + np.exp(-np.clip(values, -500, 500)))
        return values if several else np.concatenate([1 - values, values], axis=1)
    return softmax(values) if is_logits(model) else values


def softmax(logits: Array) -> Array:
    """Class probabilities, (samples, classes)."""
    values = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(values / values.sum(axis=1, keepdims=True))


def is_logits(model: keras.Model) -> bool:
    """Whether the loss of the model is computed from logits."""
    loss = getattr(model, "loss", None)
    return bool(getattr(loss, "from_logits", False))


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

    def result(self, labels: LabelEncoding, baseline: Baseline) -> ClassResults:
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

    def _moved(self, names: Sequence[str], total: int, baseline: Baseline) -> MovedMajority | None:
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


class Regression:
    """Regression errors, and those of the median and the mean of the training labels and the last value of a series.

    Values of a series that were filled are not counted.
    """

    def __init__(self, samples: SampleSet, baseline: Baseline) -> None:
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


def _ratio(top: Array, bottom: Array) -> Array:
    return np.divide(top, bottom, out=np.zeros(len(top)), where=np.asarray(bottom) > 0)
