"""Schedules that fall step by step or along a power."""

from typing import Annotated

from annotated_types import Len
from pydantic import Field

from seqspec.catalog.schedules.base import Schedule, Steps
from seqspec.catalog.types import Float, Number, PlainName
from seqspec.diagnostics.violation import Violation


class ExponentialDecay(Schedule):
    """Multiplies by the decay rate once every so many steps, smoothly or in stairs."""

    initial_learning_rate: Float = Field(description="Learning rate at the first step.")
    decay_steps: Steps = Field(description="Steps after which the rate has been multiplied once.")
    decay_rate: Number = Field(description="Factor.")
    staircase: bool = Field(default=False, description="Whether the rate falls in stairs.")
    name: PlainName = Field(default="ExponentialDecay", description="Name.")


class InverseTimeDecay(Schedule):
    """Divides by one plus a multiple of the steps."""

    initial_learning_rate: Float = Field(description="Learning rate at the first step.")
    decay_steps: Steps = Field(description="Steps after which the divisor has grown once by the rate.")
    decay_rate: Number = Field(description="How much the divisor grows.")
    staircase: bool = Field(default=False, description="Whether the rate falls in stairs.")
    name: PlainName = Field(default="InverseTimeDecay", description="Name.")


class PolynomialDecay(Schedule):
    """Falls to an end value along a power of the remaining steps."""

    initial_learning_rate: Float = Field(description="Learning rate at the first step.")
    decay_steps: Steps = Field(description="Steps until the end value.")
    end_learning_rate: Float = Field(default=0.0001, description="Learning rate at the end.")
    power: Number = Field(default=1.0, description="Power of the curve; 1 is a straight line.")
    cycle: bool = Field(default=False, description="Whether it starts again after the end.")
    name: PlainName = Field(default="PolynomialDecay", description="Name.")


class PiecewiseConstantDecay(Schedule):
    """One value up to each boundary, and one after the last."""

    boundaries: Annotated[list[Number], Len(1)] = Field(description="Steps at which the value changes.")
    values: list[Float] = Field(description="The values, one more than boundaries.")
    name: PlainName = Field(default="PiecewiseConstant", description="Name.")

    def check_arguments(self) -> None:
        if len(self.values) != len(self.boundaries) + 1:
            raise Violation(
                "conflicting-arguments",
                f"values needs one more entry than boundaries, {len(self.boundaries) + 1}, got {len(self.values)}",
                path=("values",),
                related=[(("boundaries",), f"{len(self.boundaries)} boundaries")],
            )
