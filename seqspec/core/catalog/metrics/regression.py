"""Differences and correlations, means and sums."""

from typing import Literal

from pydantic import Field

from seqspec.core.catalog.metrics.base import Metric
from seqspec.core.catalog.types import Maybe, Name, NonNegativeInt

_Axis = int | list[int]


class Mean(Metric):
    """Mean of the values."""

    traits = frozenset({"unlabeled"})
    direction = None


class Sum(Metric):
    """Sum of the values."""

    traits = frozenset({"unlabeled"})
    direction = None


class MeanSquaredError(Metric):
    """Mean of squared differences."""

    traits = frozenset({"aligned", "distance"})


class RootMeanSquaredError(Metric):
    """Root of the mean of squared differences."""

    traits = frozenset({"aligned", "distance"})


class MeanAbsoluteError(Metric):
    """Mean of absolute differences."""

    traits = frozenset({"aligned", "distance"})


class MeanAbsolutePercentageError(Metric):
    """Mean of absolute differences in percent of the label."""

    traits = frozenset({"aligned", "distance"})


class MeanSquaredLogarithmicError(Metric):
    """Mean of squared differences of logarithms."""

    traits = frozenset({"aligned", "distance"})


class LogCoshError(Metric):
    """Logarithm of the hyperbolic cosine of differences."""

    traits = frozenset({"aligned", "distance"})
    trailing = ("name", "dtype")

    name: Name = Field(default="logcosh", description="Name.")


class CosineSimilarity(Metric):
    """Cosine of the angle between labels and predictions."""

    direction = "max"
    traits = frozenset({"aligned", "any_axis"})

    axis: _Axis = Field(default=-1, description="Axis of the vectors.")


class R2Score(Metric):
    """Fraction of the labels' variance explained by the predictions (R²)."""

    direction = "max"
    trailing = ("name", "dtype")

    class_aggregation: Maybe[Literal["uniform_average", "variance_weighted_average"]] = Field(
        default="uniform_average", description="Averaging over outputs; none returns one value per output."
    )
    num_regressors: NonNegativeInt = Field(default=0, description="Number of regressors, for the adjusted score.")
    name: Name = Field(default="r2_score", description="Name.")


class PearsonCorrelation(Metric):
    """Pearson correlation of labels and predictions."""

    direction = "max"
    traits = frozenset({"aligned", "any_axis", "correlation"})

    axis: _Axis = Field(default=-1, description="Axis along which the metric is computed.")


class ConcordanceCorrelation(Metric):
    """Concordance correlation of labels and predictions."""

    direction = "max"
    traits = frozenset({"aligned", "any_axis", "correlation"})

    axis: _Axis = Field(default=-1, description="Axis along which the metric is computed.")
