"""How often predictions are right."""

from pydantic import Field

from seqspec.catalog.metrics.base import DTYPE_DOC, Dtype, Metric
from seqspec.catalog.types import Name, Number


class Accuracy(Metric):
    """How often predictions equal labels exactly."""

    direction = "max"

    name: Name = Field(default="accuracy", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class BinaryAccuracy(Metric):
    """How often predictions are on the right side of the threshold."""

    direction = "max"
    traits = frozenset({"accuracy"})

    name: Name = Field(default="binary_accuracy", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)
    # Keras surprise: a threshold outside of 0 and 1 is accepted.
    threshold: Number = Field(default=0.5, description="Probability from which a prediction counts as 1.")


class CategoricalAccuracy(Metric):
    """How often the strongest class is that of a one-hot label."""

    direction = "max"
    traits = frozenset({"accuracy"})

    name: Name = Field(default="categorical_accuracy", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class SparseCategoricalAccuracy(Metric):
    """How often the predicted class equals the integer label."""

    direction = "max"
    traits = frozenset({"accuracy"})

    name: Name = Field(default="sparse_categorical_accuracy", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class TopKCategoricalAccuracy(Metric):
    """How often the class of a one-hot label is among the strongest."""

    direction = "max"
    traits = frozenset({"accuracy"})

    k: int = Field(default=5, description="How many of the strongest classes count.")
    name: Name = Field(default="top_k_categorical_accuracy", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class SparseTopKCategoricalAccuracy(Metric):
    """How often the integer label is among the top k predictions."""

    direction = "max"
    traits = frozenset({"accuracy"})

    k: int = Field(default=5, description="How many of the strongest classes count.")
    name: Name = Field(default="sparse_top_k_categorical_accuracy", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)
    from_sorted_ids: bool = Field(default=False, description="Whether predictions are class numbers, best first.")
