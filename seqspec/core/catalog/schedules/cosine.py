"""Schedules along a cosine."""

import math

from pydantic import Field

from seqspec.core.catalog.schedules.base import Schedule, Steps, as_float
from seqspec.core.catalog.types import Float, Maybe, Number, PlainName


class CosineDecay(Schedule):
    """Cosine decay with an optional linear warmup."""

    trailing = ("name", "warmup_target", "warmup_steps")

    initial_learning_rate: Float = Field(description="Initial learning rate.")
    decay_steps: Steps = Field(description="Number of decay steps.")
    alpha: Number = Field(
        default=0.0, description="Minimum learning rate, as a fraction of the rate where the decay begins."
    )
    warmup_target: Maybe[Float] = Field(default=None, description="Learning rate at the end of the warmup.")
    warmup_steps: Number = Field(default=0, description="Number of warmup steps.")

    def rate_at(self, step: float) -> float:
        start = self.initial_learning_rate
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                return float((self.warmup_target - start) * step / self.warmup_steps + start)
            step, start = step - self.warmup_steps, self.warmup_target
        return float(start * _half_cosine(min(step / self.decay_steps, 1.0), self.alpha))

    @property
    def decay_end(self) -> float:
        return as_float(self.decay_steps + (self.warmup_steps if self.warmup_target is not None else 0))

    @property
    def turning_points(self) -> list[float]:
        warmup, decay = as_float(self.warmup_steps), as_float(self.decay_steps)
        return [warmup, warmup + decay, decay]


class CosineDecayRestarts(Schedule):
    """Cosine decay with warm restarts."""

    initial_learning_rate: Float = Field(description="Initial learning rate.")
    first_decay_steps: Steps = Field(description="Number of steps of the first period.")
    t_mul: Number = Field(default=2.0, description="Factor by which each period is longer than the previous one.")
    m_mul: Number = Field(default=1.0, description="Factor by which the initial rate of each period is multiplied.")
    alpha: Number = Field(default=0.0, description="Minimum learning rate, as a fraction of the initial one.")
    name: PlainName = Field(default="SGDRDecay", description="Name.")

    def rate_at(self, step: float) -> float:
        done, growth = step / self.first_decay_steps, self.t_mul
        if growth == 1:
            period = math.floor(done)
            done -= period
        else:
            period = math.floor(math.log(1 - done * (1 - growth)) / math.log(growth))
            done = (done - (1 - growth**period) / (1 - growth)) / growth**period
        return float(self.initial_learning_rate * _half_cosine(done, self.alpha, self.m_mul**period))

    @property
    def turning_points(self) -> list[float]:
        return [as_float(self.first_decay_steps)]


def _half_cosine(done: float, alpha: float, factor: float = 1.0) -> float:
    return (1 - alpha) * 0.5 * factor * (1 + math.cos(math.pi * done)) + alpha
