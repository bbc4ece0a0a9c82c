"""All layers that are read in NumPy, by class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqspec.importers.saved.nodes import INPUT, Node
from seqspec.importers.saved.reading import convolution, normalization, pooling, recurrent, simple
from seqspec.importers.saved.reading.context import Read, Tensor, Unknown
from seqspec.importers.saved.roles import (
    is_batch_normalization,
    is_convolution,
    is_depthwise,
    is_separable,
)
from seqspec.importers.saved.rules.convolution import is_transposed
from seqspec.importers.saved.saved_model import Generation

_BY_CLASS: dict[str, Read] = {
    INPUT: simple.same,
    "Dense": simple.dense,
    "TimeDistributedDense": simple.dense,
    "Activation": simple.activation,
    "Embedding": simple.embedding,
    "Masking": simple.masking,
    "LeakyReLU": simple.leaky_relu,
    "ReLU": simple.relu,
    "ThresholdedReLU": simple.thresholded,
    "ELU": simple.elu,
    "PReLU": simple.prelu,
    "Softmax": simple.softmax,
    "Rescaling": simple.rescaling,
    "Flatten": simple.flatten,
    "Reshape": simple.reshape,
    "Permute": simple.permute,
    "RepeatVector": simple.repeat,
    "CenterCrop": simple.center_crop,
    "Discretization": simple.discretization,
    "LayerNormalization": normalization.layer_normalization,
    "Normalization": normalization.normalization,
    "Bidirectional": recurrent.bidirectional,
}
_RECURRENT = "LSTM GRU SimpleRNN RNN CuDNNLSTM CuDNNGRU ConvLSTM1D ConvLSTM2D ConvLSTM3D".split()
_AT_INFERENCE = (
    "Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianNoise GaussianDropout AlphaDropout "
    "ActivityRegularization Identity RandomFlip RandomRotation RandomZoom RandomTranslation RandomContrast "
    "RandomBrightness"
).split()
"""Layers that do nothing at inference."""

_IN_INPUT_DTYPE = ("Activation", "ELU", "LayerNormalization", "LeakyReLU", "PReLU", "ReLU", "Softmax")
"""Layers that compute integers from integers."""

_BY_CLASS |= dict.fromkeys(_RECURRENT, recurrent.recurrent) | dict.fromkeys(_AT_INFERENCE, simple.same)
_BY_START: tuple[tuple[str, Read], ...] = (
    ("GlobalAveragePooling", pooling.global_pooling),
    ("GlobalMaxPooling", pooling.global_pooling),
    ("MaxPooling", pooling.pooling),
    ("AveragePooling", pooling.pooling),
    ("ZeroPadding", simple.zero_padding),
    ("Cropping", simple.cropping),
    ("UpSampling", simple.up_sampling),
)


def read_layer(node: Node, x: Tensor, generation: Generation) -> Tensor:
    """The output of a layer at inference, with the semantics of its generation; raises `Unknown`."""
    kind = node.kind
    if kind in _HOLDERS:
        return _HOLDERS[kind](node, x, generation)
    read = _BY_CLASS.get(kind) or next((read for start, read in _BY_START if kind.startswith(start)), None)
    if read is None:
        if is_batch_normalization(kind):
            read = normalization.batch_normalization
        elif is_depthwise(kind):
            read = convolution.depthwise
        elif is_separable(kind):
            read = convolution.separable
        elif is_convolution(kind) and kind.startswith("ConvLSTM"):
            read = recurrent.recurrent
        elif is_convolution(kind):
            read = convolution.transposed if is_transposed(kind) else convolution.convolution
        else:
            raise Unknown(kind)
    _require_plain(node, generation)
    if generation.keras >= 3 and x.values.dtype.kind in "iub" and kind in _IN_INPUT_DTYPE:
        raise Unknown(f"{kind} of integers, to which Keras rounds what it computes")
    return read(node, x, generation)


def _require_plain(node: Node, generation: Generation) -> None:
    """Other arguments that change what a layer computes are not read."""
    if generation.keras >= 3 and node.kind != INPUT and policy_name(node.value("dtype"))[:3] in ("int", "uin", "boo"):
        # Before Keras 3 the dtype of a first layer is only that of the input.
        raise Unknown(f"{node.kind} that computes with integers")
    for argument in ("lora_rank", "quantization_config"):
        if node.value(argument):
            raise Unknown(f"{node.kind} with {argument}")


def policy_name(dtype: object) -> str:
    """The name of a dtype policy, which newer files write as a table."""
    if isinstance(dtype, dict):
        config = dtype.get("config")
        dtype = config.get("name") if isinstance(config, dict) else None
    return dtype if isinstance(dtype, str) else ""


def read_stack(nodes: Sequence[Node], x: Tensor, generation: Generation) -> Tensor:
    """The output of several layers, one after the other."""
    for node in nodes:
        x = read_layer(node, x, generation)
    return x


def _stack(node: Node, x: Tensor, generation: Generation) -> Tensor:
    return read_stack(node.children, x, generation)


def _spectral_normalization(node: Node, x: Tensor, generation: Generation) -> Tensor:
    # The kernel is normalized in training, after each step.
    return read_layer(node.children[0], x, generation)


def _time_distributed(node: Node, x: Tensor, generation: Generation) -> Tensor:
    parts = [read_layer(node.children[0], Tensor(x.values[:, step]), generation) for step in range(x.values.shape[1])]
    return Tensor(np.stack([part.values for part in parts], axis=1), x.mask)


_HOLDERS: dict[str, Read] = {
    "Sequential": _stack,
    "Pipeline": _stack,
    "SpectralNormalization": _spectral_normalization,
    "TimeDistributed": _time_distributed,
}
"""Layers that leave the computation to those inside, whatever their own arguments are."""
