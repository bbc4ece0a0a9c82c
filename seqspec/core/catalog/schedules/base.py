"""The base class of learning rate schedules."""

import math
from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.types import PlainName, PositiveNumber

Steps = PositiveNumber


class Schedule(KerasObject):
    """A learning rate as a function of the step, which is counted from 0 over all training stages."""

    name_from_class = str
    trailing: ClassVar[tuple[str, ...]] = ("name",)

    name: PlainName = Field(default=None, description="Name.")

    def rate_at(self, step: float) -> float:
        """The learning rate at a step; raises `ArithmeticError` or `ValueError` where it is undefined."""
        raise NotImplementedError

    def rates_at(self, steps: Sequence[float]) -> list[float]:
        """The learning rates at ascending steps, without those where it is undefined or infinite."""
        rates: list[float] = []
        for step in steps:
            try:
                rate = self.rate_at(step)
            except (ArithmeticError, ValueError):
                continue
            if isinstance(rate, float) and math.isfinite(rate):
                rates.append(rate)
        return rates

    @property
    def decay_end(self) -> float | None:
        """The step after which it is constant; None if there is none."""
        return None

    @property
    def turning_points(self) -> list[float]:
        """The steps at which the curve bends or jumps."""
        raise NotImplementedError

    @property
    def last_sample(self) -> float:
        """The step up to which it is sampled if the number of updates is unknown."""
        return self.turning_points[0] * 2 if self.decay_end is None else self.decay_end


def as_float(number: float) -> float:
    """The number as a float; infinite for an integer out of range."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf
