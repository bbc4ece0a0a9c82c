"""The arrays that each class keeps, in the order of its creation, in Keras 1, Keras 2 and TensorFlow.js."""

from __future__ import annotations

from typing import NamedTuple

from seqspec.importers.saved.nodes import Node
from seqspec.importers.saved.saved_model import Generation


class Role(NamedTuple):
    """One array of a layer."""

    name: str
    trainable: bool = True


_NORMALIZATIONS = (
    "BatchNormalization",
    "BatchNormalizationV1",
    "BatchNormalizationV2",
    "SyncBatchNormalization",
)
_SCALED = ("LayerNormalization", "GroupNormalization")
_RECURRENT = ("LSTM", "GRU", "SimpleRNN", "LSTMCell", "GRUCell", "SimpleRNNCell", "CuDNNLSTM", "CuDNNGRU")
_CONV_LSTM = ("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
_GATES = {"LSTM": "icfo", "ConvLSTM2D": "icfo", "GRU": "zrh"}
"""The gates in the order in which Keras 1 creates their arrays."""

_DENSE = ("Dense", "TimeDistributedDense", "EinsumDense")


def is_convolution(kind: str) -> bool:
    """Whether a class has one kernel that is moved over the input."""
    return kind.startswith(("Conv1D", "Conv2D", "Conv3D", "Convolution", "AtrousConvolution", "Deconvolution"))


def is_depthwise(kind: str) -> bool:
    return kind.startswith("DepthwiseConv")


def is_separable(kind: str) -> bool:
    return kind.startswith("SeparableConv")


def is_batch_normalization(kind: str) -> bool:
    return kind in _NORMALIZATIONS


def gates(node: Node, generation: Generation) -> str:
    """The gates whose arrays Keras 1 keeps apart; empty where they are in one array."""
    split = generation.keras == 1 and node.value("consume_less") != "gpu"
    return _GATES.get(node.kind, "") if split else ""


def roles(node: Node, generation: Generation) -> list[Role]:
    """The arrays of a layer, without those of the layers inside."""
    kind = node.kind
    bias = [Role("bias")] if node.value("use_bias", "bias", default=True) is not False else []
    if kind in _DENSE:
        # Keras surprise: an EinsumDense has its bias by its axes.
        has_bias = node.value("bias_axes") is not None if kind == "EinsumDense" else bool(bias)
        return [Role("kernel"), *([Role("bias")] if has_bias else [])]
    if is_convolution(kind):
        return [Role("kernel"), *bias]
    if is_depthwise(kind):
        return [Role("kernel"), *bias]
    if is_separable(kind):
        return [Role("depthwise_kernel"), Role("pointwise_kernel"), *bias]
    if kind in (*_RECURRENT, *_CONV_LSTM):
        named = gates(node, generation)
        if named:
            return [Role(f"{part}_{gate}") for gate in named for part in "WUb"]
        return [Role("kernel"), Role("recurrent_kernel"), *bias]
    if is_batch_normalization(kind):
        return [
            *([Role("gamma")] if node.value("scale", default=True) else []),
            *([Role("beta")] if node.value("center", default=True) else []),
            Role("moving_mean", False),
            Role("moving_variance", False),
        ]
    if kind in _SCALED:
        return [
            *([Role("gamma")] if node.value("scale", default=True) else []),
            *([Role("beta")] if node.value("center", default=True) else []),
        ]
    if kind == "Normalization":
        return _statistics(node)
    if kind == "Embedding":
        return [Role("embeddings")]
    if kind == "PReLU":
        return [Role("alpha")]
    if kind == "Discretization" and node.value("bin_boundaries", "bins") is None and generation.keras < 3:
        return [Role("summary", False)]
    if kind == "SpectralNormalization":
        return [Role("vector_u", False)]
    return []


def _statistics(node: Node) -> list[Role]:
    if node.value("mean") is not None:
        return []
    return [Role("mean", False), Role("variance", False), Role("count", False)]
