"""Differences and correlations, means and sums."""

from __future__ import annotations

from seqspec.catalog.arguments import arg
from seqspec.catalog.kinds import Choice, Either, Integer, ListOf, Optional
from seqspec.catalog.metrics.base import DTYPE, DTYPE_DOC, NAME, Metric

_AXIS = Either(Integer(), ListOf(Integer()))


class Mean(Metric):
    """Mean of the values."""

    name: str | None = arg(NAME, "Name.", default="mean")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)


class Sum(Metric):
    """Sum of the values."""

    name: str | None = arg(NAME, "Name.", default="sum")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)


class MeanSquaredError(Metric):
    """Mean of squared differences."""

    name: str | None = arg(NAME, "Name.", default="mean_squared_error")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)


class RootMeanSquaredError(Metric):
    """Root of the mean of squared differences."""

    name: str | None = arg(NAME, "Name.", default="root_mean_squared_error")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)


class MeanAbsoluteError(Metric):
    """Mean of absolute differences."""

    name: str | None = arg(NAME, "Name.", default="mean_absolute_error")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)


class MeanAbsolutePercentageError(Metric):
    """Mean of absolute differences in percent of the label."""

    name: str | None = arg(NAME, "Name.", default="mean_absolute_percentage_error")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)


class MeanSquaredLogarithmicError(Metric):
    """Mean of squared differences of logarithms."""

    name: str | None = arg(NAME, "Name.", default="mean_squared_logarithmic_error")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)


class LogCoshError(Metric):
    """Logarithm of the hyperbolic cosine of differences."""

    name: str | None = arg(NAME, "Name.", default="logcosh")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)


class CosineSimilarity(Metric):
    """Cosine of the angle between labels and predictions."""

    name: str | None = arg(NAME, "Name.", default="cosine_similarity")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)
    axis: int = arg(_AXIS, "Axis of the vectors.", default=-1)


class R2Score(Metric):
    """Part of the labels' variance that the predictions explain."""

    class_aggregation: str | None = arg(
        Optional(Choice("uniform_average", "variance_weighted_average")),
        "How several outputs become one number; none keeps them apart.",
        default="uniform_average",
    )
    num_regressors: int = arg(Integer(minimum=0), "Number of regressors, for the adjusted score.", default=0)
    name: str | None = arg(NAME, "Name.", default="r2_score")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)


class PearsonCorrelation(Metric):
    """Pearson correlation of labels and predictions."""

    name: str | None = arg(NAME, "Name.", default="pearson_correlation")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)
    axis: int = arg(_AXIS, "Axis along which it is taken.", default=-1)


class ConcordanceCorrelation(Metric):
    """Concordance correlation of labels and predictions."""

    name: str | None = arg(NAME, "Name.", default="concordance_correlation")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)
    axis: int = arg(_AXIS, "Axis along which it is taken.", default=-1)
