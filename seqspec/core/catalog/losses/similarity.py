"""Losses of overlapping masks and of embeddings."""

from pydantic import Field

from seqspec.core.catalog.losses.base import DTYPE_DOC, REDUCTION_DOC, Axes, Dtype, Loss, Reduction
from seqspec.core.catalog.types import Number, PlainName


class Dice(Loss):
    """Dice loss: 1 minus the overlap of masks."""

    traits = frozenset({"overlap"})

    reduction: Reduction = Field(default="sum_over_batch_size", description=REDUCTION_DOC)
    name: PlainName = Field(default="dice", description="Name.")
    axis: Axes = Field(default=None, description="Axes over which the overlap is computed; by default all axes.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class Tversky(Loss):
    """Tversky loss: 1 minus the overlap of masks, with weights for false positives and false negatives."""

    traits = frozenset({"overlap", "rare_classes"})

    alpha: Number = Field(default=0.5, description="Weight of false positives.")
    beta: Number = Field(default=0.5, description="Weight of false negatives.")
    reduction: Reduction = Field(default="sum_over_batch_size", description=REDUCTION_DOC)
    name: PlainName = Field(default="tversky", description="Name.")
    axis: Axes = Field(default=None, description="Axes over which the overlap is computed; by default all axes.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class Circle(Loss):
    """Circle loss for metric learning: pulls embeddings of the same class together and pushes others apart."""

    gamma: Number = Field(default=80.0, description="Scale.")
    margin: Number = Field(default=0.4, description="Margin between classes.")
    remove_diagonal: bool = Field(
        default=True, description="Whether to exclude the comparison of each sample with itself."
    )
    reduction: Reduction = Field(default="sum_over_batch_size", description=REDUCTION_DOC)
    name: PlainName = Field(default="circle", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)
