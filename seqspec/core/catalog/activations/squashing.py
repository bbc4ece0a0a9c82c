"""Activations with a bounded range, exponentials and logarithms."""

from math import inf

from seqspec.core.catalog.activations.base import EXPONENTIAL, Function
from seqspec.core.catalog.dtype_rule import FLOATING, DtypeRule
from seqspec.core.catalog.exports import Exports, Limit


class softsign(Function):
    """x / (|x| + 1)."""

    bounds = (-1, 1)
    traits = frozenset({"saturating"})


class sparse_sigmoid(Function):
    """A piecewise linear sigmoid that reaches 0 and 1."""

    bounds = (0, 1)
    traits = frozenset({"probability", "saturating"})


class exponential(Function):
    """exp(x)."""

    bounds = (0, inf)
    traits = frozenset({"one_sided", "unbounded"})
    dtype_rule = EXPONENTIAL
    takes_sparse = True


class hard_sigmoid(Function):
    """A sigmoid made of three straight lines."""

    bounds = (0, 1)
    traits = frozenset({"probability", "saturating"})


class hard_tanh(Function):
    """x, cut off at -1 and 1."""

    bounds = (-1, 1)
    traits = frozenset({"saturating"})


class log_softmax(Function):
    """The logarithm of `softmax`."""

    bounds = (-inf, 0)
    traits = frozenset({"normalizing"})


class log_sigmoid(Function):
    """The logarithm of `sigmoid`."""

    bounds = (-inf, 0)


class sparsemax(Function):
    """A softmax that sets small probabilities to exactly zero."""

    exports = Exports(Limit(("tfjs",), "BroadcastTo"))
    bounds = (0, 1)
    traits = frozenset({"distribution", "normalizing"})
    dtype_rule = DtypeRule(FLOATING - {"float16"}, "input")
