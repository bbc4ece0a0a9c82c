"""Gradient descent with a step size of its own for each weight at most."""

from math import prod
from typing import Annotated

from annotated_types import Ge, Le
from pydantic import Field

from seqspec.core.catalog.optimizers.base import EPSILON_DOC, RATE_DOC, LearningRate, Optimizer
from seqspec.core.catalog.types import Float, Number


class SGD(Optimizer):
    """Stochastic gradient descent with optional momentum."""

    traits = frozenset({"momentum"})
    typical_learning_rates = "1e-3 to 0.1"
    starting_learning_rate = 0.01
    highest_learning_rate = 0.5
    lowest_learning_rate = 1e-5

    learning_rate: LearningRate = Field(default=0.01, description=RATE_DOC)
    momentum: Annotated[Float, Ge(0), Le(1)] = Field(
        default=0.0, description="Momentum: fraction of the previous update that is added."
    )
    nesterov: bool = Field(default=False, description="Whether Nesterov momentum is used.")

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        return prod(shape) if self.momentum else 0


class RMSprop(Optimizer):
    """RMSprop: divides gradients by a moving average of their magnitude."""

    traits = frozenset({"adaptive", "momentum"})
    typical_learning_rates = "1e-4 to 1e-2"
    starting_learning_rate = 0.001
    highest_learning_rate = 0.05
    lowest_learning_rate = 1e-5

    rho: Number = Field(default=0.9, description="Decay rate of the second moment (mean of squared gradients).")
    momentum: Number = Field(default=0.0, description="Momentum: fraction of the previous update that is added.")
    epsilon: Number = Field(default=1e-7, description=EPSILON_DOC)
    centered: bool = Field(
        default=False, description="Whether to normalize by the variance of gradients (centered RMSprop)."
    )

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        return prod(shape) * (1 + (self.momentum > 0) + self.centered)
