"""The less common methods that adapt the step to each weight."""

from math import prod
from typing import Annotated

from annotated_types import Gt, Le
from pydantic import Field

from seqspec.core.catalog.optimizers.adam import Adam
from seqspec.core.catalog.optimizers.base import BETA_2_DOC, COMMON, EPSILON_DOC, RATE_DOC, LearningRate, Optimizer
from seqspec.core.catalog.types import NonNegativeNumber, Number


class Adadelta(Optimizer):
    """Adadelta: adaptive step sizes from moving averages of gradients and updates."""

    typical_learning_rates = "1.0"
    starting_learning_rate = 1.0
    highest_learning_rate = 20.0
    lowest_learning_rate = 1e-3

    rho: Number = Field(default=0.95, description="Decay rate of the moving averages.")
    epsilon: Number = Field(default=1e-7, description=EPSILON_DOC)


class Adagrad(Optimizer):
    """Adagrad: step sizes that shrink with the sum of squared gradients."""

    typical_learning_rates = "1e-3 to 0.1"
    starting_learning_rate = 0.01
    highest_learning_rate = 1.5
    lowest_learning_rate = 1e-5

    initial_accumulator_value: Number = Field(default=0.1, description="Initial value of the accumulators.")
    epsilon: Number = Field(default=1e-7, description=EPSILON_DOC)

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        return prod(shape)


class Adamax(Adam):
    """Adam with the infinity norm (Adamax)."""

    traits = frozenset({"adaptive"})
    highest_learning_rate = 0.05
    without = ("amsgrad",)
    trailing = ("epsilon", *COMMON)

    beta_2: Number = Field(default=0.999, description="Decay rate of the infinity norm of gradients.")


class Adafactor(Optimizer):
    """Adafactor: adaptive step sizes with factored second moments, to save memory."""

    traits = frozenset({"adaptive"})

    beta_2_decay: Number = Field(default=-0.8, description="Power with which the decay of squares changes.")
    epsilon_1: Number = Field(default=1e-30, description=EPSILON_DOC)
    epsilon_2: Number = Field(default=0.001, description="Minimum parameter scale for relative steps.")
    clip_threshold: Number = Field(default=1.0, description="Maximum root mean square of an update.")
    relative_step: bool = Field(
        default=True, description="Whether the step size is relative to the scale of the parameters."
    )

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        sums = prod(shape[:-1]) + prod(shape[:-2] + shape[-1:]) if len(shape) > 1 else 0
        return prod(shape) + sums


class Nadam(Adam):
    """Adam with Nesterov momentum."""

    without = ("amsgrad",)


class Ftrl(Optimizer):
    """FTRL: follow the regularized leader, with built-in L1 and L2 regularization."""

    typical_learning_rates = "1e-3 to 0.1"
    starting_learning_rate = 0.01
    lowest_learning_rate = 1e-5

    learning_rate_power: Annotated[Number, Le(0)] = Field(
        default=-0.5, description="How the rate falls while training."
    )
    initial_accumulator_value: NonNegativeNumber = Field(default=0.1, description="Initial value of the accumulators.")
    l1_regularization_strength: NonNegativeNumber = Field(default=0.0, description="Strength of L1.")
    l2_regularization_strength: NonNegativeNumber = Field(default=0.0, description="Strength of L2.")
    l2_shrinkage_regularization_strength: NonNegativeNumber = Field(
        default=0.0, description="Strength of L2 on the loss."
    )
    beta: Number = Field(default=0.0, description="Beta of the paper.")


class Lion(Optimizer):
    """Lion: steps along the sign of the momentum."""

    traits = frozenset({"adaptive"})
    typical_learning_rates = "1e-5 to 1e-3"
    starting_learning_rate = 0.0003
    highest_learning_rate = 0.01
    lowest_learning_rate = 1e-7

    beta_1: Annotated[Number, Le(1), Gt(0)] = Field(
        default=0.9, description="Interpolation between gradient and momentum for the step."
    )
    beta_2: Number = Field(default=0.99, description="Decay rate of the momentum.")

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        return prod(shape)


class Lamb(Adam):
    """Adam with layer-wise adaptive step sizes, for large batches (LAMB)."""

    without = ("amsgrad",)
    highest_learning_rate = 0.1


class ScheduleFreeAdamW(Optimizer):
    """Schedule-free AdamW: averages weights instead of decaying the learning rate."""

    traits = frozenset({"adaptive"})
    typical_learning_rates = "1e-3 to 1e-2"
    starting_learning_rate = 0.0025
    highest_learning_rate = 0.1
    since = "3.14"

    learning_rate: LearningRate = Field(default=0.0025, description=RATE_DOC)
    beta_1: Number = Field(default=0.9, description="Interpolation between averaged and latest weights.")
    beta_2: Number = Field(default=0.999, description=BETA_2_DOC)
    epsilon: Number = Field(default=1e-8, description=EPSILON_DOC)
    warmup_steps: int = Field(default=0, description="Number of steps of a linear warmup.")
