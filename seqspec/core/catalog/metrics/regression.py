"""Differences and correlations, means and sums."""

from typing import Literal

from pydantic import Field

from seqspec.core.catalog.metrics.base import DTYPE_DOC, Dtype, Metric
from seqspec.core.catalog.types import Maybe, Name, NonNegativeInt

_Axis = int | list[int]


class Mean(Metric):
    """Mean of the values."""

    traits = frozenset({"unlabeled"})
    direction = None

    name: Name = Field(default="mean", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class Sum(Metric):
    """Sum of the values."""

    traits = frozenset({"unlabeled"})
    direction = None

    name: Name = Field(default="sum", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class MeanSquaredError(Metric):
    """Mean of squared differences."""

    traits = frozenset({"aligned", "distance"})

    name: Name = Field(default="mean_squared_error", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class RootMeanSquaredError(Metric):
    """Root of the mean of squared differences."""

    traits = frozenset({"aligned", "distance"})

    name: Name = Field(default="root_mean_squared_error", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class MeanAbsoluteError(Metric):
    """Mean of absolute differences."""

    traits = frozenset({"aligned", "distance"})

    name: Name = Field(default="mean_absolute_error", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class MeanAbsolutePercentageError(Metric):
    """Mean of absolute differences in percent of the label."""

    traits = frozenset({"aligned", "distance"})

    name: Name = Field(default="mean_absolute_percentage_error", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class MeanSquaredLogarithmicError(Metric):
    """Mean of squared differences of logarithms."""

    traits = frozenset({"aligned", "distance"})

    name: Name = Field(default="mean_squared_logarithmic_error", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class LogCoshError(Metric):
    """Logarithm of the hyperbolic cosine of differences."""

    traits = frozenset({"aligned", "distance"})

    name: Name = Field(default="logcosh", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class CosineSimilarity(Metric):
    """Cosine of the angle between labels and predictions."""

    direction = "max"
    traits = frozenset({"aligned", "any_axis"})

    name: Name = Field(default="cosine_similarity", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)
    axis: _Axis = Field(default=-1, description="Axis of the vectors.")


class R2Score(Metric):
    """Fraction of the labels' variance explained by the predictions (R²)."""

    direction = "max"

    class_aggregation: Maybe[Literal["uniform_average", "variance_weighted_average"]] = Field(
        default="uniform_average", description="Averaging over outputs; none returns one value per output."
    )
    num_regressors: NonNegativeInt = Field(default=0, description="Number of regressors, for the adjusted score.")
    name: Name = Field(default="r2_score", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class PearsonCorrelation(Metric):
    """Pearson correlation of labels and predictions."""

    direction = "max"
    traits = frozenset({"aligned", "any_axis", "correlation"})

    name: Name = Field(default="pearson_correlation", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)
    axis: _Axis = Field(default=-1, description="Axis along which the metric is computed.")


class ConcordanceCorrelation(Metric):
    """Concordance correlation of labels and predictions."""

    direction = "max"
    traits = frozenset({"aligned", "any_axis", "correlation"})

    name: Name = Field(default="concordance_correlation", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)
    axis: _Axis = Field(default=-1, description="Axis along which the metric is computed.")
