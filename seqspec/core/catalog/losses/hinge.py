"""Hinge losses."""

from seqspec.core.catalog.losses.base import Loss


class Hinge(Loss):
    """Hinge loss, labels -1 and 1."""

    traits = frozenset({"broadcasts", "hinge"})


class SquaredHinge(Loss):
    """Square of the hinge loss, labels -1 and 1."""

    traits = frozenset({"broadcasts", "hinge"})


class CategoricalHinge(Loss):
    """Hinge loss between the correct class and the highest-scoring wrong one."""

    traits = frozenset({"broadcasts"})
