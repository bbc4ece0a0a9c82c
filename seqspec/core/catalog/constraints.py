"""The classes of `keras.constraints`."""

from pydantic import Field

from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.types import Maybe, Number
from seqspec.core.language.keys import snake_case


class Constraint(KerasObject):
    """A change to a variable after each training step that keeps it within bounds."""


class _NormConstraint(Constraint):
    trailing = ("axis",)

    axis: Maybe[int | list[int]] = Field(default=0, description="Axis or axes along which the norm is computed.")


class MaxNorm(_NormConstraint):
    """Rescales weights whose norm exceeds a maximum."""

    # Keras surprise: no bound is checked here, a negative norm is accepted.
    max_value: Number = Field(default=2, description="Maximum norm.")


class MinMaxNorm(_NormConstraint):
    """Rescales weights whose norm is outside of a range."""

    min_value: Number = Field(default=0.0, description="Minimum norm.")
    max_value: Number = Field(default=1.0, description="Maximum norm.")
    rate: Number = Field(default=1.0, description="Rate of enforcing the constraint; 1 enforces it fully in each step.")


class NonNeg(Constraint):
    """Sets negative values to zero."""


class UnitNorm(_NormConstraint):
    """Rescales weights to unit norm."""


NAMES: dict[str, type[KerasObject]] = {
    name: declared
    for declared in (MaxNorm, MinMaxNorm, NonNeg, UnitNorm)
    for name in (declared.__name__, snake_case(declared.__name__))
}
"""All names that `keras.constraints.get` accepts."""

_BASE = ("is the base class and does nothing by itself", "name one of its subclasses")
REFUSED: dict[str, tuple[str, str]] = {"Constraint": _BASE, "constraint": _BASE}
"""The unsupported classes: the reason, and what to do instead."""
