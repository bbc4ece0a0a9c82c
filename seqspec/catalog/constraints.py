"""The classes of `keras.constraints`."""

from pydantic import Field

from seqspec.catalog.keras_object import KerasObject
from seqspec.catalog.types import Maybe, Number


class Constraint(KerasObject):
    """A change to a variable after each training step that keeps it within bounds."""


_Axis = Maybe[int | list[int]]


class MaxNorm(Constraint):
    """Scales down what has a norm above the greatest one."""

    # Keras surprise: no bound is checked here, a negative norm is accepted.
    max_value: Number = Field(default=2, description="Greatest norm.")
    axis: _Axis = Field(default=0, description="Axis or axes along which the norm is computed.")


class MinMaxNorm(Constraint):
    """Scales what has a norm outside of two bounds."""

    min_value: Number = Field(default=0.0, description="Least norm.")
    max_value: Number = Field(default=1.0, description="Greatest norm.")
    rate: Number = Field(default=1.0, description="How far towards the bound each step goes, 1 for all the way.")
    axis: _Axis = Field(default=0, description="Axis or axes along which the norm is computed.")


class NonNeg(Constraint):
    """Sets negative values to zero."""


class UnitNorm(Constraint):
    """Scales to a norm of one."""

    axis: _Axis = Field(default=0, description="Axis or axes along which the norm is computed.")


NAMES: dict[str, type[KerasObject]] = {
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
