"""Accuracies, counts of right and wrong, areas under curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqspec.catalog.arguments import arg
from seqspec.catalog.kinds import Boolean, Choice, Either, Float, Integer, ListOf, Number, Optional
from seqspec.catalog.metrics.base import DTYPE, DTYPE_DOC, NAME, Metric
from seqspec.diagnostics.violation import Violation

_PART = Number(minimum=0, maximum=1)
_THRESHOLDS = Optional(Either(_PART, ListOf(_PART)))
_THRESHOLDS_DOC = "Probability from which a prediction counts, or several of them."
_AVERAGE = Optional(Choice("micro", "macro", "weighted"))


class Accuracy(Metric):
    """How often predictions equal labels exactly."""

    name: str | None = arg(NAME, "Name.", default="accuracy")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)


class BinaryAccuracy(Metric):
    """How often predictions are on the right side of the threshold."""

    name: str | None = arg(NAME, "Name.", default="binary_accuracy")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)
    # Keras surprise: a threshold outside of 0 and 1 is accepted.
    threshold: float = arg(Number(), "Probability from which a prediction counts as 1.", default=0.5)


class CategoricalAccuracy(Metric):
    """How often the strongest class is that of a one-hot label."""

    name: str | None = arg(NAME, "Name.", default="categorical_accuracy")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)


class SparseCategoricalAccuracy(Metric):
    """How often the strongest class is that of a whole-number label."""

    name: str | None = arg(NAME, "Name.", default="sparse_categorical_accuracy")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)


class TopKCategoricalAccuracy(Metric):
    """How often the class of a one-hot label is among the strongest."""

    k: int = arg(Integer(), "How many of the strongest classes count.", default=5)
    name: str | None = arg(NAME, "Name.", default="top_k_categorical_accuracy")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)


class SparseTopKCategoricalAccuracy(Metric):
    """How often the class of a whole-number label is among the strongest."""

    k: int = arg(Integer(), "How many of the strongest classes count.", default=5)
    name: str | None = arg(NAME, "Name.", default="sparse_top_k_categorical_accuracy")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)
    from_sorted_ids: bool = arg(Boolean(), "Whether predictions are class numbers, best first.", default=False)


class _Counts(Metric):
    thresholds: Any = arg(_THRESHOLDS, _THRESHOLDS_DOC, default=None)
    name: str | None = arg(NAME, "Name.", default=None)
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)


class FalseNegatives(_Counts):
    """Number of false negatives."""


class FalsePositives(_Counts):
    """Number of false positives."""


class TrueNegatives(_Counts):
    """Number of true negatives."""


class TruePositives(_Counts):
    """Number of true positives."""


class Precision(Metric):
    """How many of the positive predictions are right."""

    thresholds: Any = arg(_THRESHOLDS, _THRESHOLDS_DOC, default=None)
    top_k: int | None = arg(Optional(Integer()), "Only the strongest predictions count as positive.", default=None)
    class_id: int | None = arg(Optional(Integer()), "The only class that is looked at.", default=None)
    name: str | None = arg(NAME, "Name.", default=None)
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)


class Recall(Metric):
    """How many of the positive labels are found."""

    thresholds: Any = arg(_THRESHOLDS, _THRESHOLDS_DOC, default=None)
    top_k: int | None = arg(Optional(Integer()), "Only the strongest predictions count as positive.", default=None)
    class_id: int | None = arg(Optional(Integer()), "The only class that is looked at.", default=None)
    name: str | None = arg(NAME, "Name.", default=None)
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)


class _At(Metric):
    num_thresholds: int = arg(Integer(minimum=1), "How many thresholds are tried.", default=200)
    class_id: int | None = arg(Optional(Integer()), "The only class that is looked at.", default=None)
    name: str | None = arg(NAME, "Name.", default=None)
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)
    last = ("num_thresholds", "class_id", "name", "dtype")


class PrecisionAtRecall(_At):
    """Best precision with at least this recall."""

    recall: float = arg(_PART, "The recall to be kept.")


class RecallAtPrecision(_At):
    """Best recall with at least this precision."""

    precision: float = arg(_PART, "The precision to be kept.")


class SensitivityAtSpecificity(_At):
    """Best sensitivity with at least this specificity."""

    specificity: float = arg(_PART, "The specificity to be kept.")


class SpecificityAtSensitivity(_At):
    """Best specificity with at least this sensitivity."""

    sensitivity: float = arg(_PART, "The sensitivity to be kept.")


class AUC(Metric):
    """Area under a curve, approximated."""

    num_thresholds: int = arg(Integer(), "How many thresholds are used.", default=200)
    curve: str = arg(Choice("ROC", "roc", "PR", "pr", "PRGAIN", "prgain"), "Which curve.", default="ROC")
    summation_method: str = arg(
        Choice("interpolation", "Interpolation", "majoring", "Majoring", "minoring", "Minoring"),
        "How the area is summed.",
        default="interpolation",
    )
    name: str | None = arg(NAME, "Name.", default=None)
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)
    thresholds: Sequence[float] | None = arg(Optional(ListOf(Number())), "The thresholds themselves.", default=None)
    multi_label: bool = arg(Boolean(), "Whether each label has an area of its own.", default=False)
    num_labels: int | None = arg(Optional(Integer()), "Number of labels, with multi_label.", default=None)
    label_weights: Sequence[float] | None = arg(Optional(ListOf(Number())), "Weight of each label.", default=None)
    from_logits: bool = arg(Boolean(), "Whether the predictions come without sigmoid.", default=False)

    def check(self) -> None:
        if self.thresholds is None and self.num_thresholds <= 1:
            raise Violation(
                "bad-value",
                f"num_thresholds needs a whole number of at least 2, got {self.num_thresholds}",
                path=("num_thresholds",),
            )
        if self.num_labels and not self.multi_label:
            raise Violation(
                "conflicting-arguments",
                f"num_labels = {self.num_labels} stands without multi_label = true",
                path=("num_labels",),
                help="add multi_label = true, or remove num_labels",
            )
        if self.num_labels and self.num_labels < 0:
            raise Violation(
                "bad-value",
                f"num_labels needs a whole number of at least 0, got {self.num_labels}",
                path=("num_labels",),
            )


class F1Score(Metric):
    """Harmonic mean of precision and recall."""

    average: str | None = arg(_AVERAGE, "How classes become one number; none keeps them apart.", default=None)
    threshold: float | None = arg(
        Optional(Float(above=0, maximum=1)), "From which value a prediction counts as 1.", default=None
    )
    name: str | None = arg(NAME, "Name.", default="f1_score")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)


class FBetaScore(Metric):
    """Weighted harmonic mean of precision and recall."""

    average: str | None = arg(_AVERAGE, "How classes become one number; none keeps them apart.", default=None)
    beta: float = arg(Float(above=0), "How much more recall counts than precision.", default=1.0)
    threshold: float | None = arg(
        Optional(Float(above=0, maximum=1)), "From which value a prediction counts as 1.", default=None
    )
    name: str | None = arg(NAME, "Name.", default="fbeta_score")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)
