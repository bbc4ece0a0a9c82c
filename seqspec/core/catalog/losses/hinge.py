"""Hinge losses."""

from pydantic import Field

from seqspec.core.catalog.losses.base import DTYPE_DOC, REDUCTION_DOC, Dtype, Loss, Reduction
from seqspec.core.catalog.types import PlainName


class Hinge(Loss):
    """Hinge loss, labels -1 and 1."""

    traits = frozenset({"broadcasts", "hinge"})

    reduction: Reduction = Field(default="sum_over_batch_size", description=REDUCTION_DOC)
    name: PlainName = Field(default="hinge", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class SquaredHinge(Loss):
    """Square of the hinge loss, labels -1 and 1."""

    traits = frozenset({"broadcasts", "hinge"})

    reduction: Reduction = Field(default="sum_over_batch_size", description=REDUCTION_DOC)
    name: PlainName = Field(default="squared_hinge", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class CategoricalHinge(Loss):
    """Hinge loss between the correct class and the highest-scoring wrong one."""

    traits = frozenset({"broadcasts"})

    reduction: Reduction = Field(default="sum_over_batch_size", description=REDUCTION_DOC)
    name: PlainName = Field(default="categorical_hinge", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)
