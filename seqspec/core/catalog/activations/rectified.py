"""Activations that bend at a point: the forms of `relu`, and those that shrink values towards zero."""

from math import inf

from pydantic import Field

from seqspec.core.catalog.activations.base import LEAKY_RELU, RELU, SQUASHING, ActivationFunction
from seqspec.core.catalog.layer import InferenceContext
from seqspec.core.catalog.types import NonNegativeNumber, Number
from seqspec.core.diagnostics.message import Value, fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import TensorSpec


class leaky_relu(ActivationFunction):
    """Rectified linear unit with a small slope for negative values."""

    traits = frozenset({"halving", "unbounded"})
    layer = "LeakyReLU"
    dtype_rule = LEAKY_RELU

    negative_slope: NonNegativeNumber = Field(default=0.2, description="Slope for negative values.")


class elu(ActivationFunction):
    """Exponential linear unit."""

    bounds = (-1, inf)
    traits = frozenset({"halving", "unbounded"})
    layer = "ELU"

    alpha: Number = Field(default=1.0, description="Scale of the exponential part.")


class relu6(ActivationFunction):
    """Rectified linear unit, cut off at 6."""

    bounds = (0, 6)
    traits = frozenset({"halving", "one_sided", "rectifier"})
    dtype_rule = RELU


class celu(ActivationFunction):
    """Continuously differentiable exponential linear unit."""

    bounds = (-1, inf)
    traits = frozenset({"unbounded"})


class selu(ActivationFunction):
    """Scaled exponential linear unit."""

    bounds = (-1.7581, inf)
    traits = frozenset({"unbounded"})


class softplus(ActivationFunction):
    """A smooth form of `relu`: log(exp(x) + 1)."""

    bounds = (0, inf)
    traits = frozenset({"one_sided", "unbounded"})


class squareplus(ActivationFunction):
    """A smooth form of `relu` made with a square root."""

    bounds = (0, inf)
    traits = frozenset({"one_sided", "unbounded"})
    dtype_rule = SQUASHING


class sparse_plus(ActivationFunction):
    """A form of `softplus` that is exactly zero below -1."""

    bounds = (0, inf)
    traits = frozenset({"one_sided"})
    several_inputs = "refused"


class threshold(ActivationFunction):
    """Replaces all inputs that are not above a threshold by a value."""

    same_in_all_phases = False

    # Keras surprise: it is accepted by name, though Keras then never passes the two arguments that it needs.
    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        raise Violation(
            "bad-value",
            "cannot be threshold where Keras runs it, as it does inside a Pipeline: it needs two numbers more",
            help=fmt("write {} as a layer of its own", Value({"type": "ReLU", "threshold": 1.0})),
        )


class soft_shrink(ActivationFunction):
    """Moves values towards zero by a threshold, and small ones to zero."""

    several_inputs = "refused"


class tanh_shrink(ActivationFunction):
    """x - tanh(x)."""

    dtype_rule = SQUASHING


class hard_shrink(ActivationFunction):
    """Sets small values to zero."""

    dtype_rule = SQUASHING
