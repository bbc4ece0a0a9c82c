"""The activations that most models use."""

import math
from math import inf

from pydantic import Field

from seqspec.core.catalog.activations.base import EXPONENTIAL, RELU, SQUASHING, ActivationFunction
from seqspec.core.catalog.dtypes import PRESERVE
from seqspec.core.catalog.types import Maybe, NonNegativeNumber
from seqspec.core.shapes.tensor import Interval


class relu(ActivationFunction):
    """Rectified linear unit with optional negative slope, maximum value and threshold."""

    bounds = (0, inf)
    traits = frozenset({"halving", "one_sided", "rectifier", "unbounded"})
    layer = "ReLU"
    dtype_rule = RELU

    negative_slope: NonNegativeNumber = Field(default=0.0, description="Slope for values below the threshold.")
    max_value: Maybe[NonNegativeNumber] = Field(default=None, description="Maximum output value.")
    threshold: NonNegativeNumber = Field(default=0.0, description="Threshold below which the negative slope applies.")

    @classmethod
    def output_range(cls, x: Interval | None) -> Interval | None:
        return super().output_range(x) if x is None else Interval(max(x.low, 0.0), max(x.high, 0.0), x.is_attained)


class softmax(ActivationFunction):
    """Exponentials scaled to sum to one along an axis."""

    bounds = (0, 1)
    traits = frozenset({"distribution", "normalizing"})
    several_inputs = "refused"
    layer = "Softmax"

    axis: int | list[int] = Field(default=-1, description="Axis or axes that sum to one.")


class tanh(ActivationFunction):
    """Hyperbolic tangent."""

    bounds = (-1, 1)
    traits = frozenset({"saturating"})
    dtype_rule = EXPONENTIAL
    takes_sparse = True

    @classmethod
    def output_range(cls, x: Interval | None) -> Interval | None:
        return super().output_range(x) if x is None else Interval(math.tanh(x.low), math.tanh(x.high), x.is_attained)


class sigmoid(ActivationFunction):
    """1 / (1 + exp(-x))."""

    bounds = (0, 1)
    traits = frozenset({"probability", "saturating"})
    dtype_rule = SQUASHING


class linear(ActivationFunction):
    """The input itself."""

    dtype_rule = PRESERVE
    several_inputs = "each"
    takes_sparse = True

    @classmethod
    def output_range(cls, x: Interval | None) -> Interval | None:
        return x
