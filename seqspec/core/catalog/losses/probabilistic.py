"""Divergences and likelihoods."""

from seqspec.core.catalog.losses.base import Loss


class KLDivergence(Loss):
    """Kullback-Leibler divergence between two distributions."""

    traits = frozenset({"broadcasts"})


class Poisson(Loss):
    """Poisson loss, for counts."""

    traits = frozenset({"broadcasts"})


class CTC(Loss):
    """Connectionist temporal classification, for label sequences without alignment."""
