"""Activations that multiply the input by a gate."""

from seqspec.catalog.activations.base import SQUASHING, Function
from seqspec.catalog.inference_context import InferenceContext
from seqspec.diagnostics.violation import Violation
from seqspec.shapes.dims import show
from seqspec.shapes.tensor import TensorSpec


class silu(Function):
    """x · sigmoid(x), also called swish."""

    dtype_rule = SQUASHING


class gelu(Function):
    """Gaussian error linear unit."""


class glu(Function):
    """Gated linear unit: one half of an axis multiplied by the sigmoid of the other."""

    # Keras surprise: a layer is said to give all channels, and gives half of them when it is run.
    several = "refused"
    dtype_rule = SQUASHING

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        size = x.dims[-1]
        if not isinstance(size, int) or size % 2:
            raise Violation(
                "shape-mismatch",
                f"halves the last axis, which needs a size that is even, but {show(x.sample)} arrives",
                help="write another activation",
            )
        return super().trace_spec(x._replace(dims=(*x.dims[:-1], size // 2)), env)


class hard_silu(Function):
    """x · hard_sigmoid(x), also called hard_swish."""


class mish(Function):
    """x · tanh(softplus(x))."""
