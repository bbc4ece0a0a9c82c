"""Cross-entropies that weigh samples by how right they are."""

from typing import Annotated

from annotated_types import Gt, Lt
from pydantic import Field

from seqspec.core.catalog.losses.base import LOGITS_DOC, SMOOTHING_DOC, Loss
from seqspec.core.catalog.types import Number


class BinaryFocalCrossentropy(Loss):
    """Binary cross-entropy with a lower weight for easy samples (focal loss)."""

    traits = frozenset({"binary", "cross_entropy", "equal_shapes", "rare_classes"})

    apply_class_balancing: bool = Field(default=False, description="Whether classes are weighted by alpha.")
    alpha: Number = Field(default=0.25, description="Weight of class 1; class 0 has 1 - alpha.")
    gamma: Number = Field(default=2.0, description="Focusing parameter: how strongly easy samples are down-weighted.")
    from_logits: bool = Field(default=False, description=LOGITS_DOC)
    label_smoothing: Number = Field(default=0.0, description=SMOOTHING_DOC)
    axis: int | list[int] = Field(default=-1, description="Axis that is averaged.")


class CategoricalFocalCrossentropy(Loss):
    """Categorical cross-entropy with a lower weight for easy samples (focal loss)."""

    traits = frozenset({"broadcasts", "categorical", "cross_entropy", "exclusive", "rare_classes"})

    alpha: Number | list[Number] = Field(default=0.25, description="Weight of all classes, or of each.")
    gamma: Number = Field(default=2.0, description="Focusing parameter: how strongly easy samples are down-weighted.")
    from_logits: bool = Field(default=False, description=LOGITS_DOC)
    label_smoothing: Number = Field(default=0.0, description=SMOOTHING_DOC)
    axis: int | list[int] = Field(default=-1, description="Axis of the classes.")


class CategoricalGeneralizedCrossEntropy(Loss):
    """A cross-entropy for integer labels that is robust to label noise."""

    traits = frozenset({"cross_entropy", "exclusive", "sparse"})

    q: Annotated[Number, Gt(0), Lt(1)] = Field(
        default=0.5, description="0 approaches cross-entropy, 1 the mean absolute error."
    )
