"""Evaluation of a model on sets: loss and metrics by Keras, and what the other modules compute of its outputs."""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np

from seqspec.core.api.spec import DEFAULT_LEVEL
from seqspec.training.data.feed import in_batches, in_order, shared
from seqspec.training.data.labels import LabelBaseline, LabelEncoding, class_indices
from seqspec.training.data.prepared import SampleSet
from seqspec.training.data.samples import Array
from seqspec.training.data.stored import Values, choose
from seqspec.training.evaluation.classification import Classification, MultilabelClassification
from seqspec.training.evaluation.error_analysis import Scores, WorstErrors
from seqspec.training.evaluation.intervals import SampleScores, SetIntervals
from seqspec.training.evaluation.measured_metrics import MeasuredMetrics
from seqspec.training.evaluation.outputs import output_parts, probabilities
from seqspec.training.evaluation.regression_errors import ForecastErrors, ForecastScores, RegressionErrors
from seqspec.training.evaluation.thresholds import assigned_classes
from seqspec.training.records import SetEvaluation

_POSITIONS = 2**18
"""Maximum number of positions of maps whose probabilities are in memory at once."""


def evaluate_sets(
    model: keras.Model,
    sets: Mapping[str, SampleSet],
    labels: LabelEncoding,
    batch_size: int,
    baseline: LabelBaseline,
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
        sample_scores = details.intervals.scores() if details is not None and details.intervals is not None else None
        if scores is not None and sample_scores is not None:
            scores[name] = sample_scores
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
    model: keras.Model,
    samples: SampleSet,
    labels: LabelEncoding,
    batch_size: int,
    baseline: LabelBaseline,
    level: float,
) -> tuple[SetEvaluation, _SetDetails | None]:
    """The results of one set, and the details that they are from, if its labels have some."""
    batches = in_order(samples, batch_size)
    if in_batches(samples):
        results = model.evaluate(batches, return_dict=True, verbose=0)
    else:
        x, y, weight = (None if array is None else shared(array) for array in (samples.x, samples.y, samples.weight))
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
        self,
        model: keras.Model,
        samples: SampleSet,
        y: Values,
        labels: LabelEncoding,
        baseline: LabelBaseline,
        level: float,
    ) -> None:
        self._model, self._samples, self._y, self._labels, self._baseline = model, samples, y, labels, baseline
        # Where the model has a mask, Keras counts no padding, and outputs do not say what is padding.
        self._masked = getattr(model.outputs[0], "_keras_mask", None) is not None
        self._classes: Classification | None = None
        self._several: MultilabelClassification | None = None
        self._residuals: RegressionErrors | None = None
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
        self._residuals = self._residuals or RegressionErrors(self._samples, self._baseline)
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
        elif self._residuals is not None and (result := self._residuals.result()) is not None:
            out["residuals"] = result
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
