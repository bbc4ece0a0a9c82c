"""Adam and AdamW."""

from math import prod

from pydantic import Field

from seqspec.core.catalog.learning_rate import LearningRate
from seqspec.core.catalog.optimizers.base import BETA_1_DOC, BETA_2_DOC, COMMON, EPSILON_DOC, RATE_DOC, Optimizer
from seqspec.core.catalog.types import Number


class Adam(Optimizer):
    """Adam: adaptive step sizes from the first and second moments of gradients."""

    traits = frozenset({"adaptive", "two_moments"})
    highest_learning_rate = 0.03
    lowest_learning_rate = 1e-5

    learning_rate: LearningRate = Field(default=0.001, description=RATE_DOC)
    beta_1: Number = Field(default=0.9, description=BETA_1_DOC)
    beta_2: Number = Field(default=0.999, description=BETA_2_DOC)
    epsilon: Number = Field(default=1e-7, description=EPSILON_DOC)
    amsgrad: bool = Field(default=False, description="Whether to use the AMSGrad variant.")

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        return prod(shape) * (3 if self.amsgrad else 2)


class AdamW(Optimizer):
    """Adam with decoupled weight decay."""

    traits = frozenset({"adaptive", "two_moments"})
    highest_learning_rate = 0.03
    lowest_learning_rate = 1e-5
    trailing = tuple(name for name in COMMON if name != "weight_decay")

    learning_rate: LearningRate = Field(default=0.001, description=RATE_DOC)
    weight_decay: Number = Field(default=0.004, description="Weight decay.")
    beta_1: Number = Field(default=0.9, description=BETA_1_DOC)
    beta_2: Number = Field(default=0.999, description=BETA_2_DOC)
    epsilon: Number = Field(default=1e-7, description=EPSILON_DOC)
    amsgrad: bool = Field(default=False, description="Whether to use the AMSGrad variant.")

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        return prod(shape) * (3 if self.amsgrad else 2)
