"""Losses of numbers."""

from pydantic import Field

from seqspec.core.catalog.losses.base import Loss
from seqspec.core.catalog.types import Number, PlainName


class MeanSquaredError(Loss):
    """Mean of squared differences."""

    traits = frozenset({"broadcasts", "regression", "scale_sensitive"})


class MeanAbsoluteError(Loss):
    """Mean of absolute differences."""

    traits = frozenset({"broadcasts", "regression", "scale_sensitive"})


class MeanAbsolutePercentageError(Loss):
    """Mean of absolute differences in percent of the label."""

    traits = frozenset({"broadcasts", "regression"})


class MeanSquaredLogarithmicError(Loss):
    """Mean of squared differences of logarithms."""

    traits = frozenset({"broadcasts", "regression"})


class CosineSimilarity(Loss):
    """The negative cosine of the angle between labels and predictions."""

    traits = frozenset({"broadcasts"})

    axis: int | list[int] = Field(default=-1, description="Axis of the vectors.")


class Huber(Loss):
    """Squared error for small differences, absolute error for large ones."""

    traits = frozenset({"broadcasts", "regression", "scale_sensitive"})

    delta: Number = Field(default=1.0, description="Threshold between squared and absolute error.")
    name: PlainName = Field(default="huber_loss", description="Name.")


class LogCosh(Loss):
    """Logarithm of the hyperbolic cosine of differences."""

    traits = frozenset({"broadcasts", "regression", "scale_sensitive"})
