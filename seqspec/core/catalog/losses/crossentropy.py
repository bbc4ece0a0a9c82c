"""The cross-entropies."""

from pydantic import Field

from seqspec.core.catalog.losses.base import DTYPE_DOC, LOGITS_DOC, REDUCTION_DOC, SMOOTHING_DOC, Dtype, Loss, Reduction
from seqspec.core.catalog.types import Maybe, Number, PlainName


class BinaryCrossentropy(Loss):
    """Cross-entropy for labels that are 0 or 1."""

    traits = frozenset({"binary", "cross_entropy", "equal_shapes"})

    from_logits: bool = Field(default=False, description=LOGITS_DOC)
    label_smoothing: Number = Field(default=0.0, description=SMOOTHING_DOC)
    axis: int | list[int] = Field(default=-1, description="Axis that is averaged.")
    reduction: Reduction = Field(default="sum_over_batch_size", description=REDUCTION_DOC)
    name: PlainName = Field(default="binary_crossentropy", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class CategoricalCrossentropy(Loss):
    """Cross-entropy for one-hot labels."""

    traits = frozenset({"categorical", "cross_entropy", "equal_shapes", "exclusive"})

    from_logits: bool = Field(default=False, description=LOGITS_DOC)
    label_smoothing: Number = Field(default=0.0, description=SMOOTHING_DOC)
    axis: int | list[int] = Field(default=-1, description="Axis of the classes.")
    reduction: Reduction = Field(default="sum_over_batch_size", description=REDUCTION_DOC)
    name: PlainName = Field(default="categorical_crossentropy", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class SparseCategoricalCrossentropy(Loss):
    """Cross-entropy for integer labels."""

    traits = frozenset({"cross_entropy", "exclusive", "sparse"})

    from_logits: bool = Field(default=False, description=LOGITS_DOC)
    ignore_class: Maybe[int] = Field(default=None, description="Label value that is ignored.")
    reduction: Reduction = Field(default="sum_over_batch_size", description=REDUCTION_DOC)
    axis: int = Field(default=-1, description="Axis of the classes.")
    name: PlainName = Field(default="sparse_categorical_crossentropy", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)
