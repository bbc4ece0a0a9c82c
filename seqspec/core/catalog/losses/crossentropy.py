"""The cross-entropies."""

from pydantic import Field

from seqspec.core.catalog.losses.base import LOGITS_DOC, SMOOTHING_DOC, Loss
from seqspec.core.catalog.types import Maybe, Number


class BinaryCrossentropy(Loss):
    """Cross-entropy for labels that are 0 or 1."""

    traits = frozenset({"binary", "cross_entropy", "equal_shapes"})

    from_logits: bool = Field(default=False, description=LOGITS_DOC)
    label_smoothing: Number = Field(default=0.0, description=SMOOTHING_DOC)
    axis: int | list[int] = Field(default=-1, description="Axis that is averaged.")


class CategoricalCrossentropy(Loss):
    """Cross-entropy for one-hot labels."""

    traits = frozenset({"categorical", "cross_entropy", "equal_shapes", "exclusive"})

    from_logits: bool = Field(default=False, description=LOGITS_DOC)
    label_smoothing: Number = Field(default=0.0, description=SMOOTHING_DOC)
    axis: int | list[int] = Field(default=-1, description="Axis of the classes.")


class SparseCategoricalCrossentropy(Loss):
    """Cross-entropy for integer labels."""

    traits = frozenset({"cross_entropy", "exclusive", "sparse"})
    trailing = ("reduction", "axis", "name", "dtype")

    from_logits: bool = Field(default=False, description=LOGITS_DOC)
    ignore_class: Maybe[int] = Field(default=None, description="Label value that is ignored.")
    axis: int = Field(default=-1, description="Axis of the classes.")
