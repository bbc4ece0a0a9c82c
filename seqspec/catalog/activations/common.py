"""The activations that most models use."""

from pydantic import Field

from seqspec.catalog.activations.base import EXPONENTIAL, RELU, SQUASHING, Function
from seqspec.catalog.dtype_rule import (
    PRESERVE,
)
from seqspec.catalog.types import Maybe, NonNegativeNumber


class relu(Function):
    """Rectified linear unit, with a slope below the threshold and a greatest value where they are given."""

    layer = "ReLU"
    dtype_rule = RELU

    negative_slope: NonNegativeNumber = Field(default=0.0, description="Slope for values below the threshold.")
    max_value: Maybe[NonNegativeNumber] = Field(default=None, description="Maximum output value.")
    threshold: NonNegativeNumber = Field(default=0.0, description="Value below which the slope begins.")


class softmax(Function):
    """Exponentials scaled to sum to one along an axis."""

    several = "refused"
    layer = "Softmax"

    axis: int | list[int] = Field(default=-1, description="Axis or axes that sum to one.")


class tanh(Function):
    """Hyperbolic tangent."""

    dtype_rule = EXPONENTIAL


class sigmoid(Function):
    """1 / (1 + exp(-x))."""

    dtype_rule = SQUASHING


class linear(Function):
    """The input itself."""

    dtype_rule = PRESERVE
    several = "each"
