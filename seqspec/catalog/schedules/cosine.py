"""Schedules along a cosine."""

from pydantic import Field

from seqspec.catalog.schedules.base import Schedule, Steps
from seqspec.catalog.types import Float, Maybe, Number, PlainName


class CosineDecay(Schedule):
    """Falls along half a cosine, after an optional warm-up."""

    initial_learning_rate: Float = Field(description="Learning rate at the first step.")
    decay_steps: Steps = Field(description="Steps until the lowest value.")
    alpha: Number = Field(default=0.0, description="Lowest value, as a part of the rate where the decay begins.")
    name: PlainName = Field(default="CosineDecay", description="Name.")
    warmup_target: Maybe[Float] = Field(default=None, description="Learning rate that the warm-up reaches.")
    warmup_steps: Number = Field(default=0, description="Steps of the warm-up.")


class CosineDecayRestarts(Schedule):
    """Falls along half a cosine and starts again, each time longer and lower."""

    initial_learning_rate: Float = Field(description="Learning rate at the first step.")
    first_decay_steps: Steps = Field(description="Steps of the first period.")
    t_mul: Number = Field(default=2.0, description="How much longer each period is than the one before.")
    m_mul: Number = Field(default=1.0, description="Factor on the rate at which each period begins.")
    alpha: Number = Field(default=0.0, description="Lowest value, as a part of the first rate.")
    name: PlainName = Field(default="SGDRDecay", description="Name.")
