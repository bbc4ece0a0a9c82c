"""Losses of numbers."""

from pydantic import Field

from seqspec.core.catalog.losses.base import DTYPE_DOC, REDUCTION_DOC, Dtype, Loss, Reduction
from seqspec.core.catalog.types import Number, PlainName


class MeanSquaredError(Loss):
    """Mean of squared differences."""

    traits = frozenset({"broadcasts", "regression", "scale_sensitive"})

    reduction: Reduction = Field(default="sum_over_batch_size", description=REDUCTION_DOC)
    name: PlainName = Field(default="mean_squared_error", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class MeanAbsoluteError(Loss):
    """Mean of absolute differences."""

    traits = frozenset({"broadcasts", "regression", "scale_sensitive"})

    reduction: Reduction = Field(default="sum_over_batch_size", description=REDUCTION_DOC)
    name: PlainName = Field(default="mean_absolute_error", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class MeanAbsolutePercentageError(Loss):
    """Mean of absolute differences in percent of the label."""

    traits = frozenset({"broadcasts", "regression"})

    reduction: Reduction = Field(default="sum_over_batch_size", description=REDUCTION_DOC)
    name: PlainName = Field(default="mean_absolute_percentage_error", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class MeanSquaredLogarithmicError(Loss):
    """Mean of squared differences of logarithms."""

    traits = frozenset({"broadcasts", "regression"})

    reduction: Reduction = Field(default="sum_over_batch_size", description=REDUCTION_DOC)
    name: PlainName = Field(default="mean_squared_logarithmic_error", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class CosineSimilarity(Loss):
    """The negative cosine of the angle between labels and predictions."""

    traits = frozenset({"broadcasts"})

    axis: int | list[int] = Field(default=-1, description="Axis of the vectors.")
    reduction: Reduction = Field(default="sum_over_batch_size", description=REDUCTION_DOC)
    name: PlainName = Field(default="cosine_similarity", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class Huber(Loss):
    """Squared error for small differences, absolute error for large ones."""

    traits = frozenset({"broadcasts", "regression", "scale_sensitive"})

    delta: Number = Field(default=1.0, description="Threshold between squared and absolute error.")
    reduction: Reduction = Field(default="sum_over_batch_size", description=REDUCTION_DOC)
    name: PlainName = Field(default="huber_loss", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class LogCosh(Loss):
    """Logarithm of the hyperbolic cosine of differences."""

    traits = frozenset({"broadcasts", "regression", "scale_sensitive"})

    reduction: Reduction = Field(default="sum_over_batch_size", description=REDUCTION_DOC)
    name: PlainName = Field(default="log_cosh", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)
