"""Activations with a bounded range, exponentials and logarithms."""

from math import inf

from seqspec.core.catalog.activations.base import EXPONENTIAL, ActivationFunction
from seqspec.core.catalog.dtypes import FLOATING, DtypeRule
from seqspec.core.catalog.export_formats import Exports, Limit


class softsign(ActivationFunction):
    """x / (|x| + 1)."""

    bounds = (-1, 1)
    traits = frozenset({"saturating"})


class sparse_sigmoid(ActivationFunction):
    """A piecewise linear sigmoid that reaches 0 and 1."""

    bounds = (0, 1)
    traits = frozenset({"probability", "saturating"})


class exponential(ActivationFunction):
    """exp(x)."""

    bounds = (0, inf)
    traits = frozenset({"one_sided", "unbounded"})
    dtype_rule = EXPONENTIAL
    takes_sparse = True


class hard_sigmoid(ActivationFunction):
    """A sigmoid made of three straight lines."""

    bounds = (0, 1)
    traits = frozenset({"probability", "saturating"})


class hard_tanh(ActivationFunction):
    """x, cut off at -1 and 1."""

    bounds = (-1, 1)
    traits = frozenset({"saturating"})


class log_softmax(ActivationFunction):
    """The logarithm of `softmax`."""

    bounds = (-inf, 0)
    traits = frozenset({"normalizing"})


class log_sigmoid(ActivationFunction):
    """The logarithm of `sigmoid`."""

    bounds = (-inf, 0)


class sparsemax(ActivationFunction):
    """A softmax that sets small probabilities to exactly zero."""

    exports = Exports(Limit(("tfjs",), "BroadcastTo"))
    bounds = (0, 1)
    traits = frozenset({"distribution", "normalizing"})
    dtype_rule = DtypeRule(FLOATING - {"float16"}, "input")
