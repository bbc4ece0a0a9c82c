"""The classes of `keras.optimizers.schedules`: learning rates that follow the number of steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqspec.catalog.arguments import Declaration, arg
from seqspec.catalog.kinds import Boolean, Float, Kind, ListOf, Number, Optional, Text
from seqspec.catalog.objects import SCHEDULE
from seqspec.diagnostics.violation import Violation

_STEPS = Number(above=0)
_NAME = Optional(Text("a name"))


class Schedule(Declaration):
    """A learning rate as a function of the step."""


class ExponentialDecay(Schedule):
    """Multiplies by the decay rate once every so many steps, smoothly or in stairs."""

    initial_learning_rate: float = arg(Number(), "Learning rate at the first step.")
    decay_steps: float = arg(_STEPS, "Steps after which the rate has been multiplied once.")
    decay_rate: float = arg(Number(), "Factor.")
    staircase: bool = arg(Boolean(), "Whether the rate falls in stairs.", default=False)
    name: str | None = arg(_NAME, "Name.", default="ExponentialDecay")


class InverseTimeDecay(Schedule):
    """Divides by one plus a multiple of the steps."""

    initial_learning_rate: float = arg(Number(), "Learning rate at the first step.")
    decay_steps: float = arg(_STEPS, "Steps after which the divisor has grown once by the rate.")
    decay_rate: float = arg(Number(), "How much the divisor grows.")
    staircase: bool = arg(Boolean(), "Whether the rate falls in stairs.", default=False)
    name: str | None = arg(_NAME, "Name.", default="InverseTimeDecay")


class PolynomialDecay(Schedule):
    """Falls to an end value along a power of the remaining steps."""

    initial_learning_rate: float = arg(Number(), "Learning rate at the first step.")
    decay_steps: float = arg(_STEPS, "Steps until the end value.")
    end_learning_rate: float = arg(Number(), "Learning rate at the end.", default=0.0001)
    power: float = arg(Number(), "Power of the curve; 1 is a straight line.", default=1.0)
    cycle: bool = arg(Boolean(), "Whether it starts again after the end.", default=False)
    name: str | None = arg(_NAME, "Name.", default="PolynomialDecay")


class CosineDecay(Schedule):
    """Falls along half a cosine, after an optional warm-up."""

    initial_learning_rate: float = arg(Number(), "Learning rate at the first step.")
    decay_steps: float = arg(_STEPS, "Steps until the lowest value.")
    alpha: float = arg(Number(), "Lowest value, as a part of the rate where the decay begins.", default=0.0)
    name: str | None = arg(_NAME, "Name.", default="CosineDecay")
    warmup_target: float | None = arg(Optional(Number()), "Learning rate that the warm-up reaches.", default=None)
    warmup_steps: float = arg(Number(), "Steps of the warm-up.", default=0)


class CosineDecayRestarts(Schedule):
    """Falls along half a cosine and starts again, each time longer and lower."""

    initial_learning_rate: float = arg(Number(), "Learning rate at the first step.")
    first_decay_steps: float = arg(_STEPS, "Steps of the first period.")
    t_mul: float = arg(Number(), "How much longer each period is than the one before.", default=2.0)
    m_mul: float = arg(Number(), "Factor on the rate at which each period begins.", default=1.0)
    alpha: float = arg(Number(), "Lowest value, as a part of the first rate.", default=0.0)
    name: str | None = arg(_NAME, "Name.", default="SGDRDecay")


class PiecewiseConstantDecay(Schedule):
    """One value up to each boundary, and one after the last."""

    boundaries: Sequence[float] = arg(ListOf(Number()), "Steps at which the value changes.")
    values: Sequence[float] = arg(ListOf(Number()), "The values, one more than boundaries.")
    name: str | None = arg(_NAME, "Name.", default="PiecewiseConstant")

    def check(self) -> None:
        if len(self.values) != len(self.boundaries) + 1:
            raise Violation(
                "conflicting-arguments",
                f"values needs one more entry than boundaries, {len(self.boundaries) + 1}, got {len(self.values)}",
                path=("values",),
                related=[(("boundaries",), f"{len(self.boundaries)} boundaries")],
            )


_CLASSES: tuple[type[Declaration], ...] = (
    CosineDecay, CosineDecayRestarts, ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay, PolynomialDecay,
)  # fmt: skip

NAMES: dict[str, type[Declaration]] = {schedule.__name__: schedule for schedule in _CLASSES}
"""The schedules; Keras reads none by a bare name."""

REFUSED: dict[str, tuple[str, str]] = {
    "LearningRateSchedule": ("is the base class and does nothing by itself", "name one of its subclasses")
}
"""The classes that a document cannot hold: why, and what to do instead."""


class LearningRate(Kind):
    """A number, or a schedule."""

    neutral = True

    def __init__(self) -> None:
        # Keras surprise: a negative learning rate is accepted.
        self.number = Float()

    def read(self, value: Any) -> Any:
        if isinstance(value, dict) or (isinstance(value, str) and value.lstrip()[:1].isalpha()):
            return SCHEDULE.read(value)
        return self.number.read(value)

    def describe(self) -> str:
        return "a number or a learning rate schedule"
