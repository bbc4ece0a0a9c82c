"""Groups of layers by what they compute, as used by the rules."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from seqspec.catalog.keras_object import given_argument
from seqspec.catalog.layer import Layer
from seqspec.catalog.objects import CustomUse

DENSE = frozenset({"Dense", "EinsumDense"})
CONVOLUTION = frozenset(
    f"{kind}{rank}D" for kind in ("Conv", "SeparableConv", "DepthwiseConv") for rank in (1, 2, 3)
) - {"SeparableConv3D", "DepthwiseConv3D"}
TRANSPOSED = frozenset({"Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"})
LINEAR = DENSE | CONVOLUTION | TRANSPOSED
"""Layers that are a linear map up to their activation."""
RECURRENT = frozenset({"LSTM", "GRU", "SimpleRNN", "RNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"})
NORMALIZATION = frozenset({"BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization"})
DROPOUT = frozenset(
    {"Dropout", "AlphaDropout", "GaussianDropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"}
)
POOLING = frozenset(
    f"{kind}Pooling{rank}D" for kind in ("Max", "Average", "AdaptiveMax", "AdaptiveAverage") for rank in (1, 2, 3)
)
GLOBAL_POOLING = frozenset(f"Global{kind}Pooling{rank}D" for kind in ("Max", "Average") for rank in (1, 2, 3))

MAX_POOLING = frozenset(name for name in POOLING | GLOBAL_POOLING if "Max" in name)
LAYOUT = frozenset({"Flatten", "Reshape", "Permute", "RepeatVector"}) | {
    f"{kind}{rank}D" for kind in ("ZeroPadding", "Cropping", "UpSampling") for rank in (1, 2, 3)
}
"""Layers that change sizes but not values."""

_ACTIVATION_LAYERS = {
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "PReLU": "leaky_relu",
    "ELU": "elu",
    "Softmax": "softmax",
}


def activation_of(declared: Layer) -> str | None:
    """The name of a layer's activation; None for a layer without one.

    A layer whose activation is not set, or `"linear"`, returns `"linear"`. A custom activation is `"custom"`.
    """
    if "activation" in declared.model_fields_set:
        return activation_name(declared.__dict__["activation"])
    if given_argument(declared, "negative_slope") and type(declared).__name__ == "ReLU":
        return "leaky_relu"
    kind: Any = type(declared)
    return _usual(kind)


@lru_cache(maxsize=1024)
def _usual(kind: Any) -> str | None:
    """The default activation of a layer."""
    if kind.__name__ in _ACTIVATION_LAYERS:
        return _ACTIVATION_LAYERS[kind.__name__]
    field = kind.model_fields.get("activation")
    return activation_name(field.default) if field is not None else None


def activation_name(activation: Any) -> str:
    """The name of an activation as stored in a layer."""
    if activation is None:
        return "linear"
    if isinstance(activation, CustomUse):
        return "custom"
    kind = activation if isinstance(activation, str) else type(activation).__name__
    return _ACTIVATION_LAYERS.get(kind, kind)
