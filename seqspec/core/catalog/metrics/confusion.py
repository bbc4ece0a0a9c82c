"""Confusion-matrix metrics and AUC."""

from typing import Annotated, Literal

from annotated_types import Gt, Le
from pydantic import Field

from seqspec.core.catalog.dtypes import DTYPES, FLOATS
from seqspec.core.catalog.keras_object import bad_argument, conflict
from seqspec.core.catalog.metrics.base import Metric
from seqspec.core.catalog.types import Float, Maybe, Name, NonNegativeInt, Number, PositiveInt, UnitInterval
from seqspec.core.diagnostics.message import Setting, fmt

_Thresholds = Maybe[UnitInterval | list[UnitInterval]]
_Average = Maybe[Literal["micro", "macro", "weighted"]]


class _ThresholdMetric(Metric):
    """A metric of values above thresholds, in any dtype; Keras numbers its name."""

    computes_in = DTYPES
    name_from_class = None


class _ConfusionMetric(_ThresholdMetric):
    traits = frozenset({"confusion", "rare_classes"})

    thresholds: _Thresholds = Field(default=None, description="Threshold of the predictions, or a list of thresholds.")


class _Count(_ConfusionMetric):
    direction = None
    trailing = ("name", "dtype")


class FalseNegatives(_Count):
    """Number of false negatives."""


class FalsePositives(_Count):
    """Number of false positives."""


class TrueNegatives(_Count):
    """Number of true negatives."""


class TruePositives(_Count):
    """Number of true positives."""


class _Fraction(_ConfusionMetric):
    direction = "max"
    trailing = ("top_k", "class_id", "name", "dtype")

    top_k: Maybe[NonNegativeInt] = Field(default=None, description="Number of top predictions that count as positive.")
    class_id: Maybe[int] = Field(default=None, description="Class index to compute the metric for.")


class Precision(_Fraction):
    """Precision: the fraction of positive predictions that are correct."""


class Recall(_Fraction):
    """Recall: the fraction of positive labels that are predicted."""


class _OperatingPoint(_ThresholdMetric):
    direction = "max"
    traits = frozenset({"operating_point", "rare_classes"})
    trailing = ("num_thresholds", "class_id", "name", "dtype")

    num_thresholds: PositiveInt = Field(default=200, description="Number of thresholds.")
    class_id: Maybe[int] = Field(default=None, description="Class index to compute the metric for.")


class PrecisionAtRecall(_OperatingPoint):
    """Best precision with at least this recall."""

    recall: UnitInterval = Field(description="Required recall.")


class RecallAtPrecision(_OperatingPoint):
    """Best recall with at least this precision."""

    precision: UnitInterval = Field(description="Required precision.")


class SensitivityAtSpecificity(_OperatingPoint):
    """Best sensitivity with at least this specificity."""

    specificity: UnitInterval = Field(description="Required specificity.")


class SpecificityAtSensitivity(_OperatingPoint):
    """Best specificity with at least this sensitivity."""

    sensitivity: UnitInterval = Field(description="Required sensitivity.")


class AUC(_ThresholdMetric):
    """Area under a curve, approximated."""

    direction = "max"
    traits = frozenset({"rare_classes"})
    trailing = ("name", "dtype", "thresholds", "multi_label", "num_labels", "label_weights", "from_logits")

    num_thresholds: int = Field(default=200, description="Number of thresholds.")
    curve: Literal["ROC", "roc", "PR", "pr", "PRGAIN", "prgain"] = Field(
        default="ROC", description="Type of the curve."
    )
    summation_method: Literal["interpolation", "Interpolation", "majoring", "Majoring", "minoring", "Minoring"] = Field(
        default="interpolation", description="Method of the numerical integration."
    )
    thresholds: Maybe[list[Number]] = Field(default=None, description="Explicit thresholds.")
    multi_label: bool = Field(default=False, description="Whether to compute the area for each label separately.")
    num_labels: Maybe[int] = Field(default=None, description="Number of labels, with multi_label.")
    label_weights: Maybe[list[Number]] = Field(default=None, description="Weight of each label.")
    from_logits: bool = Field(default=False, description="Whether predictions are logits instead of probabilities.")

    def check_arguments(self) -> None:
        if self.thresholds is None and self.num_thresholds <= 1:
            raise bad_argument("num_thresholds", f"must be an integer of at least 2, got {self.num_thresholds}")
        if self.num_labels and not self.multi_label:
            raise conflict(
                "num_labels",
                fmt("{} requires {}", Setting("num_labels", self.num_labels), Setting("multi_label", True)),
                help=fmt("add {}, or remove num_labels", Setting("multi_label", True)),
            )
        if self.num_labels and self.num_labels < 0:
            raise bad_argument("num_labels", f"must be a non-negative integer, got {self.num_labels}")
        weights = None if self.label_weights is None else len(self.label_weights)
        if weights and self.num_labels and weights not in (1, self.num_labels):
            raise conflict(
                "label_weights",
                f"label_weights must have num_labels = {self.num_labels} values, got {weights}",
                related=[(("num_labels",), f"{self.num_labels} labels")],
            )


class F1Score(Metric):
    """Harmonic mean of precision and recall."""

    direction = "max"
    traits = frozenset({"f_score", "rare_classes"})
    computes_in = FLOATS
    trailing = ("threshold", "name", "dtype")

    average: _Average = Field(default=None, description="Averaging over classes; none returns one value per class.")
    threshold: Maybe[Annotated[Float, Le(1), Gt(0)]] = Field(
        default=None, description="Threshold from which a prediction counts as 1."
    )


class FBetaScore(F1Score):
    """Weighted harmonic mean of precision and recall."""

    beta: Annotated[Float, Gt(0)] = Field(default=1.0, description="Weight of recall relative to precision.")
    name: Name = Field(default="fbeta_score", description="Name.")
