"""Adam and AdamW."""

from math import prod

from pydantic import Field

from seqspec.core.catalog.optimizers.base import BETA_2_DOC, COMMON, EPSILON_DOC, Optimizer
from seqspec.core.catalog.types import Number


class Adam(Optimizer):
    """Adam: adaptive step sizes from the first and second moments of gradients."""

    traits = frozenset({"adaptive", "two_moments"})
    highest_learning_rate = 0.03
    lowest_learning_rate = 1e-5

    beta_1: Number = Field(default=0.9, description="Decay rate of the first moment (mean of gradients).")
    beta_2: Number = Field(default=0.999, description=BETA_2_DOC)
    epsilon: Number = Field(default=1e-7, description=EPSILON_DOC)
    amsgrad: bool = Field(default=False, description="Whether to use the AMSGrad variant.")

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        return prod(shape) * (3 if self.amsgrad else 2)


class AdamW(Adam):
    """Adam with decoupled weight decay."""

    trailing = ("beta_1", "beta_2", "epsilon", "amsgrad", *(name for name in COMMON if name != "weight_decay"))

    weight_decay: Number = Field(default=0.004, description="Weight decay.")
