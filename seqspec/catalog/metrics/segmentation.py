"""Overlap of masks."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.catalog.arguments import arg
from seqspec.catalog.kinds import Boolean, Integer, ListOf, Number, Optional
from seqspec.catalog.metrics.base import DTYPE, DTYPE_DOC, NAME, Metric
from seqspec.diagnostics.violation import Violation


def _check_targets(ids: Sequence[int], classes: int) -> None:
    if max(ids) >= classes:
        raise Violation(
            "bad-value",
            f"target_class_ids names class {max(ids)}, but there are {classes}, from 0 to {classes - 1}",
            path=("target_class_ids", list(ids).index(max(ids))),
        )


class IoU(Metric):
    """Overlap of masks, intersection over union, for chosen classes."""

    num_classes: int = arg(Integer(minimum=0), "Number of classes.")
    target_class_ids: Sequence[int] = arg(ListOf(Integer(), least=1), "The classes that count.")
    name: str | None = arg(NAME, "Name.", default=None)
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)
    ignore_class: int | None = arg(Optional(Integer()), "A label that does not count.", default=None)
    sparse_y_true: bool = arg(Boolean(), "Whether labels are whole numbers.", default=True)
    sparse_y_pred: bool = arg(Boolean(), "Whether predictions are whole numbers.", default=True)
    axis: int = arg(Integer(), "Axis of the classes.", default=-1)

    def check(self) -> None:
        _check_targets(self.target_class_ids, self.num_classes)


class BinaryIoU(Metric):
    """Overlap of masks for labels that are 0 or 1."""

    target_class_ids: Sequence[int] = arg(ListOf(Integer(), least=1), "The classes that count.", default=(0, 1))
    threshold: float = arg(Number(), "Probability from which a prediction counts as 1.", default=0.5)
    name: str | None = arg(NAME, "Name.", default=None)
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)

    def check(self) -> None:
        _check_targets(self.target_class_ids, 2)


class MeanIoU(Metric):
    """Mean overlap of masks over all classes."""

    num_classes: int = arg(Integer(minimum=0), "Number of classes.")
    name: str | None = arg(NAME, "Name.", default=None)
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)
    ignore_class: int | None = arg(Optional(Integer()), "A label that does not count.", default=None)
    sparse_y_true: bool = arg(Boolean(), "Whether labels are whole numbers.", default=True)
    sparse_y_pred: bool = arg(Boolean(), "Whether predictions are whole numbers.", default=True)
    axis: int = arg(Integer(), "Axis of the classes.", default=-1)

    def check(self) -> None:
        if self.num_classes == 0:
            raise Violation("bad-value", "num_classes needs a positive whole number, got 0", path=("num_classes",))


class OneHotIoU(Metric):
    """Overlap of masks for chosen classes, with one-hot labels."""

    num_classes: int = arg(Integer(minimum=0), "Number of classes.")
    target_class_ids: Sequence[int] = arg(ListOf(Integer(), least=1), "The classes that count.")
    name: str | None = arg(NAME, "Name.", default=None)
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)
    ignore_class: int | None = arg(Optional(Integer()), "A label that does not count.", default=None)
    sparse_y_pred: bool = arg(Boolean(), "Whether predictions are whole numbers.", default=False)
    axis: int = arg(Integer(), "Axis of the classes.", default=-1)

    def check(self) -> None:
        _check_targets(self.target_class_ids, self.num_classes)


class OneHotMeanIoU(Metric):
    """Mean overlap of masks over all classes, with one-hot labels."""

    num_classes: int = arg(Integer(minimum=1), "Number of classes.")
    name: str | None = arg(NAME, "Name.", default=None)
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)
    ignore_class: int | None = arg(Optional(Integer()), "A label that does not count.", default=None)
    sparse_y_pred: bool = arg(Boolean(), "Whether predictions are whole numbers.", default=False)
    axis: int = arg(Integer(), "Axis of the classes.", default=-1)
