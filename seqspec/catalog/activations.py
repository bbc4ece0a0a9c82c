"""The functions of `keras.activations`.

Keras saves an activation function by its name and nothing else. So a function takes arguments here only where Keras
has a layer for it (`relu`, `leaky_relu`, `elu`, `softmax`): `"relu(max_value=6)"` becomes the layer `ReLU`, which Keras
saves with its arguments and accepts as an activation. These layers may be named themselves: `{ type = "LeakyReLU" }`.
"""

from typing import ClassVar

from pydantic import Field

from seqspec.catalog.dtype_rule import (
    COMPLEX,
    FLOATING,
    FLOATS_ONLY,
    NO_TEXT,
    PRESERVE,
    REAL,
    DtypeRule,
    cannot_compute,
)
from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.keras_object import KerasObject
from seqspec.catalog.types import Maybe, NonNegativeNumber, Number
from seqspec.diagnostics.violation import Violation
from seqspec.shapes.dims import show
from seqspec.shapes.tensor import TensorSpec

RELU = DtypeRule(REAL, "arriving")
LEAKY_RELU = DtypeRule(REAL, "float")
"""Keras surprise: a slope makes float32 of whole numbers."""

_SQUASHING = DtypeRule(FLOATING | COMPLEX, "arriving")
_EXPONENTIAL = DtypeRule(NO_TEXT, "float")


class Function(KerasObject):
    """An activation; `layer` is the Keras layer that carries its arguments, if there is one."""

    layer: ClassVar[str | None] = None
    dtype_rule: ClassVar[DtypeRule] = FLOATS_ONLY
    several: ClassVar[str] = "packed"
    """What becomes of several tensors, as for a layer."""

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        """What it makes of a tensor where Keras runs it."""
        if self.dtype_rule.refuses(x.dtype, x.dtype):
            raise cannot_compute(x.dtype, x.dtype, self.dtype_rule)
        return x._replace(dtype=self.dtype_rule.result(x.dtype, x.dtype, x.dtype))

    @classmethod
    def unknown_argument_help(cls, key: str) -> str | None:
        """Says why most functions take no arguments."""
        if cls.layer is not None:
            return None
        return (
            f'write "{cls.__name__}": Keras saves this function by its name only, so with other arguments than '
            "the defaults it has to be a class of your own under [custom]"
        )


class relu(Function):
    """Rectified linear unit, with a slope below the threshold and a greatest value where they are given."""

    layer = "ReLU"
    dtype_rule = RELU

    negative_slope: NonNegativeNumber = Field(default=0.0, description="Slope for values below the threshold.")
    max_value: Maybe[NonNegativeNumber] = Field(default=None, description="Greatest value that leaves.")
    threshold: NonNegativeNumber = Field(default=0.0, description="Value below which the slope begins.")


class leaky_relu(Function):
    """Rectified linear unit with a small slope for negative values."""

    layer = "LeakyReLU"
    dtype_rule = LEAKY_RELU

    negative_slope: NonNegativeNumber = Field(default=0.2, description="Slope for negative values.")


class elu(Function):
    """Exponential linear unit."""

    layer = "ELU"

    alpha: Number = Field(default=1.0, description="Scale of the exponential part.")


class softmax(Function):
    """Exponentials scaled to sum to one along an axis."""

    several = "refused"
    layer = "Softmax"

    axis: int | list[int] = Field(default=-1, description="Axis or axes that sum to one.")


class relu6(Function):
    """Rectified linear unit, cut off at 6."""

    dtype_rule = RELU


class celu(Function):
    """Continuously differentiable exponential linear unit."""


class selu(Function):
    """Scaled exponential linear unit."""


class softplus(Function):
    """A smooth form of `relu`: log(exp(x) + 1)."""


class softsign(Function):
    """x / (|x| + 1)."""


class squareplus(Function):
    """A smooth form of `relu` made with a square root."""

    dtype_rule = _SQUASHING


class soft_shrink(Function):
    """Moves values towards zero by a threshold, and small ones to zero."""

    several = "refused"


class sparse_plus(Function):
    """A form of `softplus` that is exactly zero below -1."""

    several = "refused"


class silu(Function):
    """x · sigmoid(x), also called swish."""

    dtype_rule = _SQUASHING


class gelu(Function):
    """Gaussian error linear unit."""


class glu(Function):
    """Gated linear unit: one half of an axis multiplied by the sigmoid of the other."""

    # Keras surprise: a layer is said to give all channels, and gives half of them when it is run.
    several = "refused"
    dtype_rule = _SQUASHING

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        size = x.dims[-1]
        if not isinstance(size, int) or size % 2:
            raise Violation(
                "shape-mismatch",
                f"halves the last axis, which needs a size that is even, but {show(x.sample)} arrives",
                help="write another activation",
            )
        return super().trace_spec(x._replace(dims=(*x.dims[:-1], size // 2)), env)


class tanh(Function):
    """Hyperbolic tangent."""

    dtype_rule = _EXPONENTIAL


class tanh_shrink(Function):
    """x - tanh(x)."""

    dtype_rule = _SQUASHING


class threshold(Function):
    """Another value for all inputs that are not above a threshold."""

    # Keras surprise: it is accepted by name, though Keras then never passes the two arguments that it needs.
    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        raise Violation(
            "bad-value",
            "cannot be threshold where Keras runs it, as it does inside a Pipeline: it needs two numbers more",
            help='write { type = "ReLU", threshold = 1.0 } as a layer of its own',
        )


class sigmoid(Function):
    """1 / (1 + exp(-x))."""

    dtype_rule = _SQUASHING


class sparse_sigmoid(Function):
    """A piecewise linear sigmoid that reaches 0 and 1."""


class exponential(Function):
    """exp(x)."""

    dtype_rule = _EXPONENTIAL


class hard_sigmoid(Function):
    """A sigmoid made of three straight lines."""


class hard_silu(Function):
    """x · hard_sigmoid(x), also called hard_swish."""


class hard_tanh(Function):
    """x, cut off at -1 and 1."""


class hard_shrink(Function):
    """Sets small values to zero."""

    dtype_rule = _SQUASHING


class linear(Function):
    """The input itself."""

    dtype_rule = PRESERVE
    several = "each"


class mish(Function):
    """x · tanh(softplus(x))."""


class log_softmax(Function):
    """The logarithm of `softmax`."""


class log_sigmoid(Function):
    """The logarithm of `sigmoid`."""


class sparsemax(Function):
    """A softmax that sets small probabilities to exactly zero."""

    dtype_rule = DtypeRule(FLOATING - {"float16"}, "arriving")


_FUNCTIONS: tuple[type[KerasObject], ...] = (
    relu, leaky_relu, elu, softmax, relu6, celu, selu, softplus, softsign, squareplus, soft_shrink, sparse_plus, silu,
    gelu, glu, tanh, tanh_shrink, threshold, sigmoid, sparse_sigmoid, exponential, hard_sigmoid, hard_silu, hard_tanh,
    hard_shrink, linear, mish, log_softmax, log_sigmoid, sparsemax,
)  # fmt: skip

NAMES: dict[str, type[KerasObject]] = {function.__name__: function for function in _FUNCTIONS} | {
    "swish": silu,
    "hard_swish": hard_silu,
}
"""Every name that `keras.activations.get` reads."""

ONLY_TYPED = ("ReLU", "LeakyReLU", "ELU", "Softmax")
"""The names that only `typed` reads."""


def typed(name: str) -> type[KerasObject] | None:
    """The layer for its name, where it may stand for an activation: those without weights may."""
    if name not in ONLY_TYPED:
        return None
    from seqspec.catalog.index import layer_class

    return layer_class(name)
