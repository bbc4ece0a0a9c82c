"""How often predictions are right."""

from pydantic import Field

from seqspec.core.catalog.metrics.base import Metric
from seqspec.core.catalog.types import Number


class Accuracy(Metric):
    """Fraction of predictions that equal the labels."""

    direction = "max"


class BinaryAccuracy(Metric):
    """Fraction of predictions on the correct side of the threshold."""

    direction = "max"
    traits = frozenset({"accuracy"})

    # Keras surprise: a threshold outside of 0 and 1 is accepted.
    threshold: Number = Field(default=0.5, description="Threshold from which a prediction counts as 1.")


class CategoricalAccuracy(Metric):
    """Fraction of predicted classes that equal the one-hot label."""

    direction = "max"
    traits = frozenset({"accuracy"})


class SparseCategoricalAccuracy(Metric):
    """Fraction of predicted classes that equal the integer label."""

    direction = "max"
    traits = frozenset({"accuracy"})


class TopKCategoricalAccuracy(Metric):
    """Fraction of one-hot labels among the top k predictions."""

    direction = "max"
    traits = frozenset({"accuracy"})
    trailing = ("name", "dtype")

    k: int = Field(default=5, description="Number of top classes considered.")


class SparseTopKCategoricalAccuracy(Metric):
    """Fraction of integer labels among the top k predictions."""

    direction = "max"
    traits = frozenset({"accuracy"})
    trailing = ("name", "dtype", "from_sorted_ids")

    k: int = Field(default=5, description="Number of top classes considered.")
    from_sorted_ids: bool = Field(default=False, description="Whether predictions are class indices, best first.")
