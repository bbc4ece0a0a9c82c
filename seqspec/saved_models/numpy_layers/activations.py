"""Activations, with the hard_sigmoid of the generation."""

from __future__ import annotations

import math
from collections.abc import Callable

from seqspec.saved_models.nodes import SavedLayer
from seqspec.saved_models.numpy_layers.tensor import UnsupportedLayer
from seqspec.saved_models.packages import np
from seqspec.saved_models.saved_model import Array, WriterVersions
from seqspec.saved_models.version_fixes.hard_sigmoid import activation_name

_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def activation_from_config(
    node: SavedLayer, generation: WriterVersions, argument: str = "activation", default: str = "linear"
) -> Callable[[Array], Array]:
    """The activation that an argument names, as a function."""
    if node.key(argument) is None:
        return lambda x: apply(default, x, generation)
    serialized = node.value(argument)
    name = activation_name(serialized) if serialized is not None else "linear"
    if name is None:
        raise UnsupportedLayer(f"the activation {serialized!r}")
    return lambda x: apply(name, x, generation)


def sigmoid(x: Array) -> Array:
    positive = x >= 0
    e = np.exp(np.where(positive, -x, x))
    y: Array = np.where(positive, 1, e) / (1 + e)
    return y


def softmax(x: Array, axis: int = -1) -> Array:
    e: Array = np.exp(x - x.max(axis=axis, keepdims=True))
    e /= e.sum(axis=axis, keepdims=True)
    return e


def elu(x: Array, alpha: float = 1.0) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _softplus(x: Array) -> Array:
    return np.logaddexp(x, 0)


_erf = np.vectorize(math.erf, otypes=[float])

_PLAIN: dict[str, Callable[[Array], Array]] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "softmax": softmax,
    "softplus": _softplus,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "elu": elu,
    "selu": lambda x: _SELU_SCALE * elu(x, _SELU_ALPHA),
    "exponential": np.exp,
    "swish": lambda x: x * sigmoid(x),
    "silu": lambda x: x * sigmoid(x),
    "gelu": lambda x: 0.5 * x * (1 + _erf(x / math.sqrt(2))),
    "mish": lambda x: x * np.tanh(_softplus(x)),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "log_softmax": lambda x: np.log(softmax(x)),
}


def apply(name: str, x: Array, generation: WriterVersions) -> Array:
    """Applies an activation to `x`; raises `UnsupportedLayer` for one that is not implemented."""
    if name == "hard_sigmoid":
        return np.clip(0.2 * x + 0.5, 0, 1) if generation.old_hard_sigmoid else np.clip(x / 6 + 0.5, 0, 1)
    if (name == "softmax" and x.ndim < 2) or name not in _PLAIN:
        raise UnsupportedLayer(f"the activation {name}")
    return _PLAIN[name](x)
