"""The arrays of each class in creation order, in Keras 1, Keras 2 and TensorFlow.js."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from seqspec.core.catalog import legacy
from seqspec.saved_models.layer_classes import gates_of, modern_name
from seqspec.saved_models.nodes import Node
from seqspec.saved_models.saved_model import Generation


class Role(NamedTuple):
    """One array of a layer.

    Attributes:
        name: Its role, which is also its name in Keras 3.
        trainable: Whether training changes it, unless the layer is frozen.
        linear: Whether the input of `activation` is multiplied by a factor if all arrays with this property are.
    """

    name: str
    trainable: bool = True
    linear: bool = False


RECURRENT = ("kernel", "recurrent_kernel", "bias")
"""The arrays of a recurrent layer."""

_KERNEL = Role("kernel", linear=True)
_BIAS = Role("bias", linear=True)


def _with_bias(*kernels: Role) -> Callable[[Node], list[Role]]:
    def arrays(node: Node) -> list[Role]:
        has_bias = node.value("use_bias", default=True) is not False
        return [*kernels, *([_BIAS] if has_bias else [])]

    return arrays


def _einsum(node: Node) -> list[Role]:
    # Keras surprise: whether it has a bias depends on bias_axes.
    return [_KERNEL, *([_BIAS] if node.value("bias_axes") is not None else [])]


def _scaled(node: Node) -> list[Role]:
    return [Role(name) for name, flag in (("gamma", "scale"), ("beta", "center")) if node.value(flag, default=True)]


def _batch_normalization(node: Node) -> list[Role]:
    names = ["moving_mean", "moving_variance"]
    if node.value("renorm"):
        names += ["moving_stddev", "renorm_mean", "renorm_stddev"]
    return [*_scaled(node), *[Role(name, False) for name in names]]


def _statistics(node: Node) -> list[Role]:
    return [] if node.value("mean") is not None else [Role(name, False) for name in ("mean", "variance", "count")]


def _summary(node: Node) -> list[Role]:
    return [] if node.value("bin_boundaries") is not None else [Role("summary", False)]


def _only(*roles: Role) -> Callable[[Node], list[Role]]:
    return lambda node: list(roles)


_ARRAYS: dict[str, Callable[[Node], list[Role]]] = {
    "MaxoutDense": _with_bias(_KERNEL),
    "Dense": _with_bias(_KERNEL),
    "EinsumDense": _einsum,
    **dict.fromkeys(
        "Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose DepthwiseConv1D DepthwiseConv2D".split(),
        _with_bias(_KERNEL),
    ),
    **dict.fromkeys(
        ("SeparableConv1D", "SeparableConv2D"),
        _with_bias(Role("depthwise_kernel"), Role("pointwise_kernel", linear=True)),
    ),
    **dict.fromkeys(
        "LSTM GRU SimpleRNN LSTMCell GRUCell SimpleRNNCell ConvLSTM1D ConvLSTM2D ConvLSTM3D".split(),
        _with_bias(_KERNEL, Role("recurrent_kernel", linear=True)),
    ),
    "BatchNormalization": _batch_normalization,
    "LayerNormalization": _scaled,
    "GroupNormalization": _scaled,
    "Normalization": _statistics,
    "Embedding": _only(Role("embeddings")),
    "PReLU": _only(Role("alpha")),
    "Discretization": _summary,
    "SpectralNormalization": _only(Role("vector_u", False)),
}
"""The arrays by the class of Keras 3, or of the file if there is none."""


def names_of_gate(gate: str) -> list[str]:
    """The names of the arrays of a gate in Keras 1: kernel, recurrent kernel, bias."""
    return [f"{legacy.WEIGHTS_OF_KERAS_1[role]}_{gate}" for role in RECURRENT]


def gates(node: Node, generation: Generation) -> str:
    """The gates whose arrays Keras 1 stores separately; empty if they are in one array."""
    known = gates_of(node.kind)
    split = generation.keras == 1 and node.kind not in legacy.CUDNN and node.value("consume_less") != "gpu"
    return known.keras_1 if split and known is not None else ""


def roles(node: Node, generation: Generation) -> list[Role]:
    """The arrays of a layer, without those of inner layers."""
    if named := gates(node, generation):
        return [Role(name) for gate in named for name in names_of_gate(gate)]
    arrays = _ARRAYS.get(modern_name(node.kind))
    return [] if arrays is None else arrays(node)
