"""Activations that move values towards zero."""

from seqspec.core.catalog.activations.base import SQUASHING, Function


class soft_shrink(Function):
    """Moves values towards zero by a threshold, and small ones to zero."""

    several_inputs = "refused"


class tanh_shrink(Function):
    """x - tanh(x)."""

    dtype_rule = SQUASHING


class hard_shrink(Function):
    """Sets small values to zero."""

    dtype_rule = SQUASHING
