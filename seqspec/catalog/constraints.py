"""The classes of `keras.constraints`."""

from __future__ import annotations

from typing import Any

from seqspec.catalog.arguments import Declaration, arg
from seqspec.catalog.kinds import Either, Integer, ListOf, Number, Optional


class Constraint(Declaration):
    """A change to a variable after each training step that keeps it within bounds."""


_AXIS = Optional(Either(Integer(), ListOf(Integer())))


class MaxNorm(Constraint):
    """Scales down what has a norm above the greatest one."""

    # Keras surprise: no bound is checked here, a negative norm is accepted.
    max_value: float = arg(Number(), "Greatest norm.", default=2)
    axis: Any = arg(_AXIS, "Axis or axes along which the norm is taken.", default=0)


class MinMaxNorm(Constraint):
    """Scales what has a norm outside of two bounds."""

    min_value: float = arg(Number(), "Least norm.", default=0.0)
    max_value: float = arg(Number(), "Greatest norm.", default=1.0)
    rate: float = arg(Number(), "How far towards the bound each step goes, 1 for all the way.", default=1.0)
    axis: Any = arg(_AXIS, "Axis or axes along which the norm is taken.", default=0)


class NonNeg(Constraint):
    """Sets negative values to zero."""


class UnitNorm(Constraint):
    """Scales to a norm of one."""

    axis: Any = arg(_AXIS, "Axis or axes along which the norm is taken.", default=0)


NAMES: dict[str, type[Declaration]] = {
    "MaxNorm": MaxNorm,
    "max_norm": MaxNorm,
    "MinMaxNorm": MinMaxNorm,
    "min_max_norm": MinMaxNorm,
    "NonNeg": NonNeg,
    "non_neg": NonNeg,
    "UnitNorm": UnitNorm,
    "unit_norm": UnitNorm,
}
"""Every name that `keras.constraints.get` reads."""

_BASE = ("is the base class and does nothing by itself", "name one of its subclasses")
REFUSED: dict[str, tuple[str, str]] = {"Constraint": _BASE, "constraint": _BASE}
"""The classes that a document cannot hold: why, and what to do instead."""
