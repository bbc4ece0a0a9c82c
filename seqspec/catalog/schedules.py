"""The classes of `keras.optimizers.schedules`: learning rates that follow the number of steps."""

from typing import Annotated, Any

from annotated_types import Len
from pydantic import Field

from seqspec.catalog.keras_object import KerasObject
from seqspec.catalog.markers import NEUTRAL
from seqspec.catalog.objects import SCHEDULE
from seqspec.catalog.types import Float, Maybe, Number, PlainName, PositiveNumber, read_by
from seqspec.catalog.validation import validate
from seqspec.diagnostics.violation import Violation

_Steps = PositiveNumber
_Name = PlainName


class Schedule(KerasObject):
    """A learning rate as a function of the step."""


class ExponentialDecay(Schedule):
    """Multiplies by the decay rate once every so many steps, smoothly or in stairs."""

    initial_learning_rate: Float = Field(description="Learning rate at the first step.")
    decay_steps: _Steps = Field(description="Steps after which the rate has been multiplied once.")
    decay_rate: Number = Field(description="Factor.")
    staircase: bool = Field(default=False, description="Whether the rate falls in stairs.")
    name: _Name = Field(default="ExponentialDecay", description="Name.")


class InverseTimeDecay(Schedule):
    """Divides by one plus a multiple of the steps."""

    initial_learning_rate: Float = Field(description="Learning rate at the first step.")
    decay_steps: _Steps = Field(description="Steps after which the divisor has grown once by the rate.")
    decay_rate: Number = Field(description="How much the divisor grows.")
    staircase: bool = Field(default=False, description="Whether the rate falls in stairs.")
    name: _Name = Field(default="InverseTimeDecay", description="Name.")


class PolynomialDecay(Schedule):
    """Falls to an end value along a power of the remaining steps."""

    initial_learning_rate: Float = Field(description="Learning rate at the first step.")
    decay_steps: _Steps = Field(description="Steps until the end value.")
    end_learning_rate: Float = Field(default=0.0001, description="Learning rate at the end.")
    power: Number = Field(default=1.0, description="Power of the curve; 1 is a straight line.")
    cycle: bool = Field(default=False, description="Whether it starts again after the end.")
    name: _Name = Field(default="PolynomialDecay", description="Name.")


class CosineDecay(Schedule):
    """Falls along half a cosine, after an optional warm-up."""

    initial_learning_rate: Float = Field(description="Learning rate at the first step.")
    decay_steps: _Steps = Field(description="Steps until the lowest value.")
    alpha: Number = Field(default=0.0, description="Lowest value, as a part of the rate where the decay begins.")
    name: _Name = Field(default="CosineDecay", description="Name.")
    warmup_target: Maybe[Float] = Field(default=None, description="Learning rate that the warm-up reaches.")
    warmup_steps: Number = Field(default=0, description="Steps of the warm-up.")


class CosineDecayRestarts(Schedule):
    """Falls along half a cosine and starts again, each time longer and lower."""

    initial_learning_rate: Float = Field(description="Learning rate at the first step.")
    first_decay_steps: _Steps = Field(description="Steps of the first period.")
    t_mul: Number = Field(default=2.0, description="How much longer each period is than the one before.")
    m_mul: Number = Field(default=1.0, description="Factor on the rate at which each period begins.")
    alpha: Number = Field(default=0.0, description="Lowest value, as a part of the first rate.")
    name: _Name = Field(default="SGDRDecay", description="Name.")


class PiecewiseConstantDecay(Schedule):
    """One value up to each boundary, and one after the last."""

    boundaries: Annotated[list[Number], Len(1)] = Field(description="Steps at which the value changes.")
    values: list[Float] = Field(description="The values, one more than boundaries.")
    name: _Name = Field(default="PiecewiseConstant", description="Name.")

    def check_arguments(self) -> None:
        if len(self.values) != len(self.boundaries) + 1:
            raise Violation(
                "conflicting-arguments",
                f"values needs one more entry than boundaries, {len(self.boundaries) + 1}, got {len(self.values)}",
                path=("values",),
                related=[(("boundaries",), f"{len(self.boundaries)} boundaries")],
            )


_CLASSES: tuple[type[KerasObject], ...] = (
    CosineDecay, CosineDecayRestarts, ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay, PolynomialDecay,
)  # fmt: skip

NAMES: dict[str, type[KerasObject]] = {schedule.__name__: schedule for schedule in _CLASSES}
"""The schedules; Keras reads none by a bare name."""

REFUSED: dict[str, tuple[str, str]] = {
    "LearningRateSchedule": ("is the base class and does nothing by itself", "name one of its subclasses")
}
"""The classes that a document cannot hold: why, and what to do instead."""


def _learning_rate(value: Any) -> Any:
    if isinstance(value, (dict, KerasObject)) or (isinstance(value, str) and value.lstrip()[:1].isalpha()):
        return SCHEDULE.read(value)
    # Keras surprise: a negative learning rate is accepted.
    return validate(Float, value)


class RateOrSchedule:
    """Marks a learning rate: a number, or an object of the family of schedules."""


LearningRate = Annotated[
    float | KerasObject | str,
    *read_by(_learning_rate, "a number or a learning rate schedule", RateOrSchedule(), NEUTRAL),
]
"""A number, or a schedule."""
