"""Activations with a bounded range, exponentials and logarithms."""

from seqspec.catalog.activations.base import EXPONENTIAL, Function
from seqspec.catalog.dtype_rule import (
    FLOATING,
    DtypeRule,
)


class softsign(Function):
    """x / (|x| + 1)."""


class sparse_sigmoid(Function):
    """A piecewise linear sigmoid that reaches 0 and 1."""


class exponential(Function):
    """exp(x)."""

    dtype_rule = EXPONENTIAL


class hard_sigmoid(Function):
    """A sigmoid made of three straight lines."""


class hard_tanh(Function):
    """x, cut off at -1 and 1."""


class log_softmax(Function):
    """The logarithm of `softmax`."""


class log_sigmoid(Function):
    """The logarithm of `sigmoid`."""


class sparsemax(Function):
    """A softmax that sets small probabilities to exactly zero."""

    dtype_rule = DtypeRule(FLOATING - {"float16"}, "input")
