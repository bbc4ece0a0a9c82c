"""Divergences and likelihoods."""

from pydantic import Field

from seqspec.core.catalog.losses.base import DTYPE_DOC, REDUCTION_DOC, Dtype, Loss, Reduction
from seqspec.core.catalog.types import PlainName


class KLDivergence(Loss):
    """Kullback-Leibler divergence between two distributions."""

    traits = frozenset({"broadcasts"})

    reduction: Reduction = Field(default="sum_over_batch_size", description=REDUCTION_DOC)
    name: PlainName = Field(default="kl_divergence", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class Poisson(Loss):
    """Poisson loss, for counts."""

    traits = frozenset({"broadcasts"})

    reduction: Reduction = Field(default="sum_over_batch_size", description=REDUCTION_DOC)
    name: PlainName = Field(default="poisson", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)


class CTC(Loss):
    """Connectionist temporal classification, for label sequences without alignment."""

    reduction: Reduction = Field(default="sum_over_batch_size", description=REDUCTION_DOC)
    name: PlainName = Field(default="ctc", description="Name.")
    dtype: Dtype = Field(default=None, description=DTYPE_DOC)
