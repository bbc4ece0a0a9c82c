"""Overlap of masks."""

from collections.abc import Sequence
from typing import Annotated

from annotated_types import Len
from pydantic import Field

from seqspec.core.catalog.keras_object import bad_argument
from seqspec.core.catalog.metrics.base import Metric
from seqspec.core.catalog.types import Maybe, NonNegativeInt, Number, PositiveInt
from seqspec.core.diagnostics.violation import Violation


def _check_targets(ids: Sequence[int], classes: int) -> None:
    if classes == 0:
        raise bad_argument("num_classes", "must be a positive integer, got 0")
    if max(ids) >= classes:
        raise Violation(
            "bad-value",
            f"target_class_ids names class {max(ids)}, but there are {classes}, from 0 to {classes - 1}",
            path=("target_class_ids", list(ids).index(max(ids))),
        )


class _Overlap(Metric):
    """Intersections over unions; Keras numbers its name."""

    direction = "max"
    traits = frozenset({"overlap", "rare_classes"})
    name_from_class = None
    trailing = ("name", "dtype", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")


class _ClassOverlap(_Overlap):
    num_classes: NonNegativeInt = Field(description="Number of classes.")
    ignore_class: Maybe[int] = Field(default=None, description="Label value that is ignored.")
    sparse_y_pred: bool = Field(default=True, description="Whether predictions are integers.")
    axis: int = Field(default=-1, description="Axis of the classes.")


class IoU(_ClassOverlap):
    """Intersection over union of selected classes."""

    target_class_ids: Annotated[list[int], Len(1)] = Field(description="Class indices to compute the metric for.")
    sparse_y_true: bool = Field(default=True, description="Whether labels are integers.")

    def check_arguments(self) -> None:
        _check_targets(self.target_class_ids, self.num_classes)


class BinaryIoU(_Overlap):
    """Intersection over union for binary labels."""

    target_class_ids: Annotated[list[int], Len(1)] = Field(
        default=[0, 1], description="Class indices to compute the metric for."
    )
    threshold: Number = Field(default=0.5, description="Threshold from which a prediction counts as 1.")

    def check_arguments(self) -> None:
        _check_targets(self.target_class_ids, 2)


class MeanIoU(_ClassOverlap):
    """Mean intersection over union of all classes."""

    sparse_y_true: bool = Field(default=True, description="Whether labels are integers.")

    def check_arguments(self) -> None:
        if self.num_classes == 0:
            raise bad_argument("num_classes", "must be a positive integer, got 0")


class OneHotIoU(_ClassOverlap):
    """Intersection over union of selected classes, for one-hot labels."""

    traits = frozenset({"one_hot", "overlap", "rare_classes"})

    target_class_ids: Annotated[list[int], Len(1)] = Field(description="Class indices to compute the metric for.")
    sparse_y_pred: bool = Field(default=False, description="Whether predictions are integers.")

    def check_arguments(self) -> None:
        _check_targets(self.target_class_ids, self.num_classes)


class OneHotMeanIoU(_ClassOverlap):
    """Mean intersection over union of all classes, for one-hot labels."""

    traits = frozenset({"one_hot", "overlap", "rare_classes"})

    num_classes: PositiveInt = Field(description="Number of classes.")
    sparse_y_pred: bool = Field(default=False, description="Whether predictions are integers.")
