"""Activations that multiply the input by a gate."""

from math import inf

from seqspec.core.catalog.activations.base import SQUASHING, ActivationFunction
from seqspec.core.catalog.layer import InferenceContext
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import TensorSpec, show


class silu(ActivationFunction):
    """x · sigmoid(x), also called swish."""

    bounds = (-0.2785, inf)
    traits = frozenset({"unbounded"})
    dtype_rule = SQUASHING


class gelu(ActivationFunction):
    """Gaussian error linear unit."""

    bounds = (-0.17, inf)
    traits = frozenset({"unbounded"})


class glu(ActivationFunction):
    """Gated linear unit: one half of an axis multiplied by the sigmoid of the other."""

    # Keras surprise: the inferred output shape has all channels, but the computed output has half of them.
    several_inputs = "refused"
    dtype_rule = SQUASHING
    same_in_all_phases = False

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        size = x.dims[-1]
        if not isinstance(size, int) or size % 2:
            raise Violation(
                "shape-mismatch",
                f"splits the last axis in half, so its size must be even, got input shape {show(x.sample)}",
                help="use another activation",
            )
        return super().compute_output_spec(x._replace(dims=(*x.dims[:-1], size // 2)), env)


class hard_silu(ActivationFunction):
    """x · hard_sigmoid(x), also called hard_swish."""

    bounds = (-0.375, inf)


class mish(ActivationFunction):
    """x · tanh(softplus(x))."""

    bounds = (-0.3089, inf)
    traits = frozenset({"unbounded"})
