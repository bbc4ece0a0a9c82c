"""Losses shown as metrics: cross-entropies and hinges."""

from typing import Annotated

from pydantic import Field

from seqspec.core.catalog.markers import Since
from seqspec.core.catalog.metrics.base import Metric
from seqspec.core.catalog.types import Maybe, Number

_LOGITS_DOC = "Whether predictions are logits instead of probabilities."
_SMOOTHING_DOC = "Label smoothing factor, from 0 to 1."


class BinaryCrossentropy(Metric):
    """Cross-entropy for labels that are 0 or 1."""

    traits = frozenset({"equal_shapes"})

    from_logits: bool = Field(default=False, description=_LOGITS_DOC)
    label_smoothing: Number = Field(default=0, description=_SMOOTHING_DOC)


class CategoricalCrossentropy(Metric):
    """Cross-entropy for one-hot labels."""

    traits = frozenset({"any_axis", "equal_shapes"})

    from_logits: bool = Field(default=False, description=_LOGITS_DOC)
    label_smoothing: Number = Field(default=0, description=_SMOOTHING_DOC)
    axis: int = Field(default=-1, description="Axis of the classes.")


class SparseCategoricalCrossentropy(Metric):
    """Cross-entropy for integer labels."""

    traits = frozenset({"last_axis"})

    from_logits: bool = Field(default=False, description=_LOGITS_DOC)
    ignore_class: Annotated[Maybe[int], Since("3.14")] = Field(default=None, description="Label value that is ignored.")
    axis: int = Field(default=-1, description="Axis of the classes.")


class KLDivergence(Metric):
    """Kullback-Leibler divergence between two distributions."""

    traits = frozenset({"broadcasts"})


class Poisson(Metric):
    """Poisson loss."""

    traits = frozenset({"broadcasts"})


class Hinge(Metric):
    """Hinge loss, labels -1 and 1."""

    traits = frozenset({"broadcasts"})


class SquaredHinge(Metric):
    """Square of the hinge loss, labels -1 and 1."""

    traits = frozenset({"broadcasts"})


class CategoricalHinge(Metric):
    """Hinge loss between the correct class and the highest-scoring wrong one."""

    traits = frozenset({"broadcasts"})
