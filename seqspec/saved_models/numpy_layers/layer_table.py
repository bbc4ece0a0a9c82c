"""All layers that are implemented in NumPy, by class."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.core.frontends.keras_json.wrapped_values import INPUT, quantized
from seqspec.saved_models.layer_classes import (
    acts_in_training_only,
    adds_weights,
    is_stack,
    modern_name,
    repeats_over_time,
)
from seqspec.saved_models.nodes import Node
from seqspec.saved_models.numpy_layers import basic, convolution, normalization, pooling, recurrent
from seqspec.saved_models.numpy_layers.tensor import LayerFunction, Tensor, UnsupportedLayer
from seqspec.saved_models.packages import np
from seqspec.saved_models.saved_model import Array, Generation


def _of_each_rank(names: str, read: LayerFunction) -> dict[str, LayerFunction]:
    return {f"{name}{rank}D": read for name in names.split() for rank in (1, 2, 3)}


_BY_CLASS: dict[str, LayerFunction] = {
    INPUT: basic.identity,
    "Dense": basic.dense,
    "MaxoutDense": basic.maxout,
    "Activation": basic.activation,
    "EinsumDense": basic.einsum_dense,
    "Embedding": basic.embedding,
    "ReversibleEmbedding": basic.embedding,
    "Masking": basic.masking,
    "LeakyReLU": basic.leaky_relu,
    "ReLU": basic.relu,
    "ThresholdedReLU": basic.thresholded,
    "ELU": basic.elu,
    "PReLU": basic.prelu,
    "Softmax": basic.softmax,
    "Rescaling": basic.rescaling,
    "Flatten": basic.flatten,
    "Reshape": basic.reshape,
    "Permute": basic.permute,
    "RepeatVector": basic.repeat,
    "CenterCrop": basic.center_crop,
    "Discretization": basic.discretization,
    "LayerNormalization": normalization.layer_normalization,
    "Normalization": normalization.normalization,
    "BatchNormalization": normalization.batch_normalization,
    "Bidirectional": recurrent.bidirectional,
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D"), convolution.convolution),
    **dict.fromkeys(("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"), convolution.transposed),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), convolution.depthwise),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), convolution.separable),
    **dict.fromkeys("LSTM GRU SimpleRNN RNN ConvLSTM1D ConvLSTM2D ConvLSTM3D".split(), recurrent.recurrent),
    **_of_each_rank("GlobalAveragePooling GlobalMaxPooling", pooling.global_pooling),
    **_of_each_rank("AveragePooling MaxPooling", pooling.pooling),
    **_of_each_rank("ZeroPadding", basic.zero_padding),
    **_of_each_rank("Cropping", basic.cropping),
    **_of_each_rank("UpSampling", basic.up_sampling),
}
"""The implementations by the class of the file, or by the class of Keras 3 that replaces it."""

_UNCHANGED = (
    "ActivityRegularization Identity RandomFlip RandomRotation RandomZoom RandomTranslation RandomContrast "
    "RandomBrightness"
).split()
"""Layers other than dropout and noise that return their input at inference."""

_IN_INPUT_DTYPE = ("Activation", "ELU", "LayerNormalization", "LeakyReLU", "PReLU", "ReLU", "Softmax")
"""Layers that output integers for integer inputs."""

_BY_CLASS |= dict.fromkeys(_UNCHANGED, basic.identity)


def call_layer(node: Node, x: Tensor, generation: Generation) -> Tensor:
    """The output of a layer at inference, with the semantics of its generation; raises `UnsupportedLayer`."""
    kind = node.kind
    if is_stack(kind):
        return call_layers(node.children, x, generation)
    if repeats_over_time(kind):
        return _time_distributed(node, x, generation)
    if adds_weights(kind):
        # Its own weights only matter in training.
        return call_layer(node.children[0], x, generation)
    read = _BY_CLASS.get(kind) or _BY_CLASS.get(modern_name(kind))
    if read is None and acts_in_training_only(kind):
        read = basic.identity
    if read is None:
        raise UnsupportedLayer(kind)
    _require_plain(node, generation)
    if generation.keras >= 3 and x.values.dtype.kind in "iub" and kind in _IN_INPUT_DTYPE:
        raise UnsupportedLayer(f"{kind} of integers, to which Keras rounds what it computes")
    return read(node, x, generation)


def _require_plain(node: Node, generation: Generation) -> None:
    """Raises `UnsupportedLayer` for arguments that change the computation and are not implemented."""
    if generation.keras >= 3 and node.kind != INPUT and policy_name(node.value("dtype"))[:3] in ("int", "uin", "boo"):
        # Before Keras 3 the dtype of the first layer is only the dtype of the input.
        raise UnsupportedLayer(f"{node.kind} that computes with integers")
    if node.value("lora_rank"):
        raise UnsupportedLayer(f"{node.kind} with lora_rank")


def policy_name(dtype: object) -> str:
    """The name of a dtype policy, which is a table in newer files; that before quantization for a quantized layer."""
    before = quantized(dtype)
    if before is not None:
        return before.source
    if isinstance(dtype, dict):
        config = dtype.get("config")
        dtype = config.get("name") if isinstance(config, dict) else None
    return dtype if isinstance(dtype, str) else ""


def call_layers(nodes: Sequence[Node], x: Tensor, generation: Generation) -> Tensor:
    """The output of several layers applied in order."""
    for node in nodes:
        x = call_layer(node, x, generation)
    return x


def _time_distributed(node: Node, x: Tensor, generation: Generation) -> Tensor:
    masks = x.mask if x.mask is not None and x.mask.ndim > 2 else None
    parts = [
        call_layer(node.children[0], Tensor(x.values[:, step], None if masks is None else masks[:, step]), generation)
        for step in range(x.values.shape[1])
    ]
    return Tensor(np.stack([part.values for part in parts], axis=1), _mask_over_time(x.mask, parts, generation))


def _mask_over_time(mask: Array | None, parts: Sequence[Tensor], generation: Generation) -> Array | None:
    """The mask after a TimeDistributed: Keras 2 passes on the masks that the layer inside it creates."""
    if not generation.masks_inside_steps:
        return mask
    inner = [part.mask for part in parts if part.mask is not None]
    if inner:
        return np.stack(inner, axis=1)
    return None if mask is None else np.any(mask, axis=tuple(range(2, mask.ndim)))
