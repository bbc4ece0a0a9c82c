"""How often predictions are right."""

from pydantic import Field

from seqspec.core.catalog.metrics.base import DTYPE_DOC, Dtype, Metric
from seqspec.core.catalog.types import Name, Number


class Accuracy(Metric):
    """Fraction of predictions that equal the labels."""

    direction = "max"

    name: Name = Field(default="accuracy", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class BinaryAccuracy(Metric):
    """Fraction of predictions on the correct side of the threshold."""

    direction = "max"
    traits = frozenset({"accuracy"})

    name: Name = Field(default="binary_accuracy", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)
    # Keras surprise: a threshold outside of 0 and 1 is accepted.
    threshold: Number = Field(default=0.5, description="Threshold from which a prediction counts as 1.")


class CategoricalAccuracy(Metric):
    """Fraction of predicted classes that equal the one-hot label."""

    direction = "max"
    traits = frozenset({"accuracy"})

    name: Name = Field(default="categorical_accuracy", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class SparseCategoricalAccuracy(Metric):
    """Fraction of predicted classes that equal the integer label."""

    direction = "max"
    traits = frozenset({"accuracy"})

    name: Name = Field(default="sparse_categorical_accuracy", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class TopKCategoricalAccuracy(Metric):
    """Fraction of one-hot labels among the top k predictions."""

    direction = "max"
    traits = frozenset({"accuracy"})

    k: int = Field(default=5, description="Number of top classes considered.")
    name: Name = Field(default="top_k_categorical_accuracy", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class SparseTopKCategoricalAccuracy(Metric):
    """Fraction of integer labels among the top k predictions."""

    direction = "max"
    traits = frozenset({"accuracy"})

    k: int = Field(default=5, description="Number of top classes considered.")
    name: Name = Field(default="sparse_top_k_categorical_accuracy", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)
    from_sorted_ids: bool = Field(default=False, description="Whether predictions are class indices, best first.")
