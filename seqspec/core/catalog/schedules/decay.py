"""Schedules that fall step by step or along a power."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Annotated

from annotated_types import Len
from pydantic import Field

from seqspec.core.catalog.keras_object import conflict
from seqspec.core.catalog.schedules.base import Schedule, Steps, as_float
from seqspec.core.catalog.types import Float, Number, PlainName


class _Decay(Schedule):
    initial_learning_rate: Float = Field(description="Initial learning rate.")
    decay_steps: Steps = Field(description="Number of decay steps.")

    @property
    def turning_points(self) -> list[float]:
        return [as_float(self.decay_steps)]


class ExponentialDecay(_Decay):
    """Exponential decay."""

    decay_steps: Steps = Field(description="Number of steps per multiplication by the decay rate.")
    decay_rate: Number = Field(description="Factor.")
    staircase: bool = Field(default=False, description="Whether to decay at discrete intervals.")

    def rate_at(self, step: float) -> float:
        power = step / self.decay_steps
        factor = math.pow(self.decay_rate, math.floor(power) if self.staircase else power)
        return float(self.initial_learning_rate * factor)


class InverseTimeDecay(_Decay):
    """Inverse time decay."""

    decay_steps: Steps = Field(description="Number of steps per increase of the divisor by the decay rate.")
    decay_rate: Number = Field(description="Decay rate.")
    staircase: bool = Field(default=False, description="Whether to decay at discrete intervals.")

    def rate_at(self, step: float) -> float:
        power = step / self.decay_steps
        divisor = 1 + self.decay_rate * (math.floor(power) if self.staircase else power)
        return float(self.initial_learning_rate / divisor)


class PolynomialDecay(_Decay):
    """Polynomial decay to a final learning rate."""

    end_learning_rate: Float = Field(default=0.0001, description="Final learning rate.")
    power: Number = Field(default=1.0, description="Power of the polynomial; 1 is linear.")
    cycle: bool = Field(default=False, description="Whether to restart after the last decay step.")

    def rate_at(self, step: float) -> float:
        steps = float(self.decay_steps)
        if self.cycle:
            steps *= max(1.0, float(math.ceil(step / steps)))
        else:
            step = min(step, steps)
        fall = self.initial_learning_rate - self.end_learning_rate
        return float(fall * math.pow(1 - step / steps, self.power) + self.end_learning_rate)

    @property
    def decay_end(self) -> float | None:
        return None if self.cycle else as_float(self.decay_steps)


class PiecewiseConstantDecay(Schedule):
    """A constant learning rate between each two boundaries."""

    boundaries: Annotated[list[Number], Len(1)] = Field(description="Steps at which the value changes.")
    values: list[Float] = Field(description="Values of the intervals, one more than boundaries.")
    name: PlainName = Field(default="PiecewiseConstant", description="Name.")

    def rate_at(self, step: float) -> float:
        for boundary, value in zip(self.boundaries, self.values):
            if step <= boundary:
                return float(value)
        return float(self.values[-1])

    def rates_at(self, steps: Sequence[float]) -> list[float]:
        # The first boundary that is not below a step is always the first occurrence of a new maximum.
        reached = list(accumulate(self.boundaries, max))
        return [as_float(self.values[min(bisect_left(reached, step), len(self.values) - 1)]) for step in steps]

    @property
    def decay_end(self) -> float:
        return as_float(max(self.boundaries, default=0))

    @property
    def turning_points(self) -> list[float]:
        return [point for boundary in self.boundaries for point in (as_float(boundary), as_float(boundary) + 1)]

    def check_arguments(self) -> None:
        if len(self.values) != len(self.boundaries) + 1:
            raise conflict(
                "values",
                f"values needs one more entry than boundaries, {len(self.boundaries) + 1}, got {len(self.values)}",
                related=[(("boundaries",), f"{len(self.boundaries)} boundaries")],
            )
