"""Counts of right and wrong, what is made of them, areas under curves."""

from typing import Annotated, Literal

from annotated_types import Gt, Le
from pydantic import Field

from seqspec.catalog.dtypes import DTYPES, FLOATS
from seqspec.catalog.metrics.base import DTYPE_DOC, Dtype, Metric
from seqspec.catalog.types import Float, Maybe, Name, NonNegativeInt, Number, PositiveInt, UnitInterval
from seqspec.diagnostics.snippet import Help, Setting
from seqspec.diagnostics.violation import Violation

_Part = UnitInterval


_Thresholds = Maybe[_Part | list[_Part]]


_THRESHOLDS_DOC = "Probability from which a prediction counts, or several of them."


_Average = Maybe[Literal["micro", "macro", "weighted"]]


class _Counts(Metric):
    direction = None
    traits = frozenset({"confusion", "rare_classes"})
    computes_in = DTYPES
    thresholds: _Thresholds = Field(default=None, description=_THRESHOLDS_DOC)
    name: Name = Field(default=None, description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


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

    direction = "max"
    traits = frozenset({"confusion", "rare_classes"})
    computes_in = DTYPES

    thresholds: _Thresholds = Field(default=None, description=_THRESHOLDS_DOC)
    top_k: Maybe[NonNegativeInt] = Field(default=None, description="Only the strongest predictions count as positive.")
    class_id: Maybe[int] = Field(default=None, description="The only class that is looked at.")
    name: Name = Field(default=None, description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class Recall(Metric):
    """How many of the positive labels are found."""

    direction = "max"
    traits = frozenset({"confusion", "rare_classes"})
    computes_in = DTYPES

    thresholds: _Thresholds = Field(default=None, description=_THRESHOLDS_DOC)
    top_k: Maybe[NonNegativeInt] = Field(default=None, description="Only the strongest predictions count as positive.")
    class_id: Maybe[int] = Field(default=None, description="The only class that is looked at.")
    name: Name = Field(default=None, description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class _At(Metric):
    direction = "max"
    traits = frozenset({"operating_point", "rare_classes"})
    computes_in = DTYPES
    num_thresholds: PositiveInt = Field(default=200, description="How many thresholds are tried.")
    class_id: Maybe[int] = Field(default=None, description="The only class that is looked at.")
    name: Name = Field(default=None, description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)
    trailing = ("num_thresholds", "class_id", "name", "dtype")


class PrecisionAtRecall(_At):
    """Best precision with at least this recall."""

    recall: _Part = Field(description="The recall to be kept.")


class RecallAtPrecision(_At):
    """Best recall with at least this precision."""

    precision: _Part = Field(description="The precision to be kept.")


class SensitivityAtSpecificity(_At):
    """Best sensitivity with at least this specificity."""

    specificity: _Part = Field(description="The specificity to be kept.")


class SpecificityAtSensitivity(_At):
    """Best specificity with at least this sensitivity."""

    sensitivity: _Part = Field(description="The sensitivity to be kept.")


class AUC(Metric):
    """Area under a curve, approximated."""

    direction = "max"
    traits = frozenset({"rare_classes"})
    computes_in = DTYPES

    num_thresholds: int = Field(default=200, description="How many thresholds are used.")
    curve: Literal["ROC", "roc", "PR", "pr", "PRGAIN", "prgain"] = Field(default="ROC", description="Which curve.")
    summation_method: Literal["interpolation", "Interpolation", "majoring", "Majoring", "minoring", "Minoring"] = Field(
        default="interpolation", description="How the area is summed."
    )
    name: Name = Field(default=None, description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)
    thresholds: Maybe[list[Number]] = Field(default=None, description="The thresholds themselves.")
    multi_label: bool = Field(default=False, description="Whether each label has an area of its own.")
    num_labels: Maybe[int] = Field(default=None, description="Number of labels, with multi_label.")
    label_weights: Maybe[list[Number]] = Field(default=None, description="Weight of each label.")
    from_logits: bool = Field(default=False, description="Whether the predictions come without sigmoid.")

    def check_arguments(self) -> None:
        if self.thresholds is None and self.num_thresholds <= 1:
            raise Violation(
                "bad-value",
                f"num_thresholds must be an integer of at least 2, got {self.num_thresholds}",
                path=("num_thresholds",),
            )
        if self.num_labels and not self.multi_label:
            raise Violation(
                "conflicting-arguments",
                f"num_labels = {self.num_labels} requires multi_label = true",
                path=("num_labels",),
                help=Help("add ", Setting("multi_label", True), ", or remove num_labels"),
            )
        if self.num_labels and self.num_labels < 0:
            raise Violation(
                "bad-value",
                f"num_labels must be a non-negative integer, got {self.num_labels}",
                path=("num_labels",),
            )
        weights = None if self.label_weights is None else len(self.label_weights)
        if weights and self.num_labels and weights not in (1, self.num_labels):
            raise Violation(
                "conflicting-arguments",
                f"label_weights must have num_labels = {self.num_labels} values, got {weights}",
                path=("label_weights",),
                related=[(("num_labels",), f"{self.num_labels} labels")],
            )


class F1Score(Metric):
    """Harmonic mean of precision and recall."""

    direction = "max"
    traits = frozenset({"f_score", "rare_classes"})
    computes_in = FLOATS

    average: _Average = Field(default=None, description="How classes become one number; none keeps them apart.")
    threshold: Maybe[Annotated[Float, Le(1), Gt(0)]] = Field(
        default=None, description="From which value a prediction counts as 1."
    )
    name: Name = Field(default="f1_score", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class FBetaScore(Metric):
    """Weighted harmonic mean of precision and recall."""

    direction = "max"
    traits = frozenset({"f_score", "rare_classes"})
    computes_in = FLOATS

    average: _Average = Field(default=None, description="How classes become one number; none keeps them apart.")
    beta: Annotated[Float, Gt(0)] = Field(default=1.0, description="How much more recall counts than precision.")
    threshold: Maybe[Annotated[Float, Le(1), Gt(0)]] = Field(
        default=None, description="From which value a prediction counts as 1."
    )
    name: Name = Field(default="fbeta_score", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)
