"""The functions of `keras.activations`.

Keras saves an activation function by its name and nothing else. So a function takes arguments here only where Keras
has a layer for it (`relu`, `leaky_relu`, `elu`, `softmax`): `"relu(max_value=6)"` becomes the layer `ReLU`, which Keras
saves with its arguments and accepts as an activation. These layers may be named themselves: `{ type = "LeakyReLU" }`.
"""

from __future__ import annotations

from typing import ClassVar

from seqspec.catalog.arguments import Declaration, arg
from seqspec.catalog.kinds import Either, Integer, ListOf, Number, Optional


class Function(Declaration):
    """An activation; `layer` is the Keras layer that carries its arguments, if there is one."""

    layer: ClassVar[str | None] = None

    @classmethod
    def unknown_help(cls, key: str) -> str | None:
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

    negative_slope: float = arg(Number(minimum=0), "Slope for values below the threshold.", default=0.0)
    max_value: float | None = arg(Optional(Number(minimum=0)), "Greatest value that leaves.", default=None)
    threshold: float = arg(Number(minimum=0), "Value below which the slope begins.", default=0.0)


class leaky_relu(Function):
    """Rectified linear unit with a small slope for negative values."""

    layer = "LeakyReLU"

    negative_slope: float = arg(Number(minimum=0), "Slope for negative values.", default=0.2)


class elu(Function):
    """Exponential linear unit."""

    layer = "ELU"

    alpha: float = arg(Number(), "Scale of the exponential part.", default=1.0)


class softmax(Function):
    """Exponentials scaled to sum to one along an axis."""

    layer = "Softmax"

    axis: int | list[int] = arg(Either(Integer(), ListOf(Integer())), "Axis or axes that sum to one.", default=-1)


class relu6(Function):
    """Rectified linear unit, cut off at 6."""


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


class soft_shrink(Function):
    """Moves values towards zero by a threshold, and small ones to zero."""


class sparse_plus(Function):
    """A form of `softplus` that is exactly zero below -1."""


class silu(Function):
    """x · sigmoid(x), also called swish."""


class gelu(Function):
    """Gaussian error linear unit."""


class glu(Function):
    """Gated linear unit: one half of an axis multiplied by the sigmoid of the other."""


class tanh(Function):
    """Hyperbolic tangent."""


class tanh_shrink(Function):
    """x - tanh(x)."""


class threshold(Function):
    """Another value for all inputs that are not above a threshold."""

    # Keras surprise: it is accepted by name, though Keras then never passes the two arguments that it needs.


class sigmoid(Function):
    """1 / (1 + exp(-x))."""


class sparse_sigmoid(Function):
    """A piecewise linear sigmoid that reaches 0 and 1."""


class exponential(Function):
    """exp(x)."""


class hard_sigmoid(Function):
    """A sigmoid made of three straight lines."""


class hard_silu(Function):
    """x · hard_sigmoid(x), also called hard_swish."""


class hard_tanh(Function):
    """x, cut off at -1 and 1."""


class hard_shrink(Function):
    """Sets small values to zero."""


class linear(Function):
    """The input itself."""


class mish(Function):
    """x · tanh(softplus(x))."""


class log_softmax(Function):
    """The logarithm of `softmax`."""


class log_sigmoid(Function):
    """The logarithm of `sigmoid`."""


class sparsemax(Function):
    """A softmax that sets small probabilities to exactly zero."""


_FUNCTIONS: tuple[type[Declaration], ...] = (
    relu, leaky_relu, elu, softmax, relu6, celu, selu, softplus, softsign, squareplus, soft_shrink, sparse_plus, silu,
    gelu, glu, tanh, tanh_shrink, threshold, sigmoid, sparse_sigmoid, exponential, hard_sigmoid, hard_silu, hard_tanh,
    hard_shrink, linear, mish, log_softmax, log_sigmoid, sparsemax,
)  # fmt: skip

NAMES: dict[str, type[Declaration]] = {function.__name__: function for function in _FUNCTIONS} | {
    "swish": silu,
    "hard_swish": hard_silu,
}
"""Every name that `keras.activations.get` reads."""

_LAYERS = ("ReLU", "LeakyReLU", "ELU", "Softmax")


def typed(name: str) -> type[Declaration] | None:
    """The layer for its name, where it may stand for an activation: those without weights may."""
    if name not in _LAYERS:
        return None
    from seqspec.catalog.index import layer_class

    return layer_class(name)
