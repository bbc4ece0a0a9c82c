"""Losses shown as metrics: cross-entropies and hinges."""

from __future__ import annotations

from seqspec.catalog.arguments import arg
from seqspec.catalog.kinds import Boolean, Integer, Number, Optional
from seqspec.catalog.metrics.base import DTYPE, DTYPE_DOC, NAME, Metric

_LOGITS_DOC = "Whether the predictions come without softmax or sigmoid."
_SMOOTHING_DOC = "How far labels are moved towards a uniform distribution."


class BinaryCrossentropy(Metric):
    """Cross-entropy for labels that are 0 or 1."""

    name: str | None = arg(NAME, "Name.", default="binary_crossentropy")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)
    from_logits: bool = arg(Boolean(), _LOGITS_DOC, default=False)
    label_smoothing: float = arg(Number(), _SMOOTHING_DOC, default=0)


class CategoricalCrossentropy(Metric):
    """Cross-entropy for one-hot labels."""

    name: str | None = arg(NAME, "Name.", default="categorical_crossentropy")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)
    from_logits: bool = arg(Boolean(), _LOGITS_DOC, default=False)
    label_smoothing: float = arg(Number(), _SMOOTHING_DOC, default=0)
    axis: int = arg(Integer(), "Axis of the classes.", default=-1)


class SparseCategoricalCrossentropy(Metric):
    """Cross-entropy for labels that are whole numbers."""

    name: str | None = arg(NAME, "Name.", default="sparse_categorical_crossentropy")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)
    from_logits: bool = arg(Boolean(), _LOGITS_DOC, default=False)
    ignore_class: int | None = arg(Optional(Integer()), "A label that does not count.", default=None, since="3.14")
    axis: int = arg(Integer(), "Axis of the classes.", default=-1)


class KLDivergence(Metric):
    """Kullback-Leibler divergence between two distributions."""

    name: str | None = arg(NAME, "Name.", default="kl_divergence")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)


class Poisson(Metric):
    """Poisson loss."""

    name: str | None = arg(NAME, "Name.", default="poisson")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)


class Hinge(Metric):
    """Hinge loss, labels -1 and 1."""

    name: str | None = arg(NAME, "Name.", default="hinge")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)


class SquaredHinge(Metric):
    """Square of the hinge loss, labels -1 and 1."""

    name: str | None = arg(NAME, "Name.", default="squared_hinge")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)


class CategoricalHinge(Metric):
    """Hinge loss between the right class and the strongest wrong one."""

    name: str | None = arg(NAME, "Name.", default="categorical_hinge")
    dtype: str | None = arg(DTYPE, DTYPE_DOC, default=None)
