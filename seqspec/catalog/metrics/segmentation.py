"""Overlap of masks."""

from collections.abc import Sequence
from typing import Annotated

from annotated_types import Len
from pydantic import Field

from seqspec.catalog.metrics.base import DTYPE_DOC, Dtype, Metric
from seqspec.catalog.types import Maybe, Name, NonNegativeInt, Number, PositiveInt
from seqspec.diagnostics.violation import Violation


def _check_targets(ids: Sequence[int], classes: int) -> None:
    if classes == 0:
        raise Violation("bad-value", "num_classes must be a positive integer, got 0", path=("num_classes",))
    if max(ids) >= classes:
        raise Violation(
            "bad-value",
            f"target_class_ids names class {max(ids)}, but there are {classes}, from 0 to {classes - 1}",
            path=("target_class_ids", list(ids).index(max(ids))),
        )


class IoU(Metric):
    """Overlap of masks, intersection over union, for chosen classes."""

    direction = "max"
    traits = frozenset({"overlap", "rare_classes"})

    num_classes: NonNegativeInt = Field(description="Number of classes.")
    target_class_ids: Annotated[list[int], Len(1)] = Field(description="The classes that count.")
    name: Name = Field(default=None, description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)
    ignore_class: Maybe[int] = Field(default=None, description="A label that does not count.")
    sparse_y_true: bool = Field(default=True, description="Whether labels are integers.")
    sparse_y_pred: bool = Field(default=True, description="Whether predictions are integers.")
    axis: int = Field(default=-1, description="Axis of the classes.")

    def check_arguments(self) -> None:
        _check_targets(self.target_class_ids, self.num_classes)


class BinaryIoU(Metric):
    """Overlap of masks for labels that are 0 or 1."""

    direction = "max"
    traits = frozenset({"overlap", "rare_classes"})

    target_class_ids: Annotated[list[int], Len(1)] = Field(default=[0, 1], description="The classes that count.")
    threshold: Number = Field(default=0.5, description="Probability from which a prediction counts as 1.")
    name: Name = Field(default=None, description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)

    def check_arguments(self) -> None:
        _check_targets(self.target_class_ids, 2)


class MeanIoU(Metric):
    """Mean overlap of masks over all classes."""

    direction = "max"
    traits = frozenset({"overlap", "rare_classes"})

    num_classes: NonNegativeInt = Field(description="Number of classes.")
    name: Name = Field(default=None, description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)
    ignore_class: Maybe[int] = Field(default=None, description="A label that does not count.")
    sparse_y_true: bool = Field(default=True, description="Whether labels are integers.")
    sparse_y_pred: bool = Field(default=True, description="Whether predictions are integers.")
    axis: int = Field(default=-1, description="Axis of the classes.")

    def check_arguments(self) -> None:
        if self.num_classes == 0:
            raise Violation("bad-value", "num_classes must be a positive integer, got 0", path=("num_classes",))


class OneHotIoU(Metric):
    """Overlap of masks for chosen classes, with one-hot labels."""

    direction = "max"
    traits = frozenset({"overlap", "rare_classes"})

    num_classes: NonNegativeInt = Field(description="Number of classes.")
    target_class_ids: Annotated[list[int], Len(1)] = Field(description="The classes that count.")
    name: Name = Field(default=None, description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)
    ignore_class: Maybe[int] = Field(default=None, description="A label that does not count.")
    sparse_y_pred: bool = Field(default=False, description="Whether predictions are integers.")
    axis: int = Field(default=-1, description="Axis of the classes.")

    def check_arguments(self) -> None:
        _check_targets(self.target_class_ids, self.num_classes)


class OneHotMeanIoU(Metric):
    """Mean overlap of masks over all classes, with one-hot labels."""

    direction = "max"
    traits = frozenset({"overlap", "rare_classes"})

    num_classes: PositiveInt = Field(description="Number of classes.")
    name: Name = Field(default=None, description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)
    ignore_class: Maybe[int] = Field(default=None, description="A label that does not count.")
    sparse_y_pred: bool = Field(default=False, description="Whether predictions are integers.")
    axis: int = Field(default=-1, description="Axis of the classes.")
