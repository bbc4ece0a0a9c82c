"""The call of a layer that is implemented in NumPy."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.core.api.frontends import INPUT, quantized
from seqspec.saved_models.layer_classes import (
    acts_in_training_only,
    adds_weights,
    is_stack,
    modern_name,
    repeats_over_time,
)
from seqspec.saved_models.nodes import SavedLayer

# The modules declare what their functions compute.
from seqspec.saved_models.numpy_layers import basic, convolution, normalization, pooling, recurrent  # noqa: F401
from seqspec.saved_models.numpy_layers.tensor import LAYER_FUNCTIONS, MaskedTensor, UnsupportedLayer
from seqspec.saved_models.packages import np
from seqspec.saved_models.saved_model import Array, WriterVersions

_IN_INPUT_DTYPE = ("Activation", "ELU", "LayerNormalization", "LeakyReLU", "PReLU", "ReLU", "Softmax")
"""Layers that output integers for integer inputs."""


def call_layer(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    """The output of a layer at inference, with the semantics of its generation; raises `UnsupportedLayer`."""
    kind = node.kind
    if is_stack(kind):
        return call_layers(node.children, x, generation)
    if repeats_over_time(kind):
        return _time_distributed(node, x, generation)
    if adds_weights(kind):
        # Its own weights only matter in training.
        return call_layer(node.children[0], x, generation)
    read = LAYER_FUNCTIONS.get(kind) or LAYER_FUNCTIONS.get(modern_name(kind))
    if read is None and acts_in_training_only(kind):
        read = basic.identity
    if read is None:
        raise UnsupportedLayer(kind)
    _require_plain(node, generation)
    if generation.keras >= 3 and x.values.dtype.kind in "iub" and kind in _IN_INPUT_DTYPE:
        raise UnsupportedLayer(f"{kind} of integers, to which Keras rounds what it computes")
    return read(node, x, generation)


def _require_plain(node: SavedLayer, generation: WriterVersions) -> None:
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


def call_layers(nodes: Sequence[SavedLayer], x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    """The output of several layers applied in order."""
    for node in nodes:
        x = call_layer(node, x, generation)
    return x


def _time_distributed(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    masks = x.mask if x.mask is not None and x.mask.ndim > 2 else None
    parts = [
        call_layer(
            node.children[0], MaskedTensor(x.values[:, step], None if masks is None else masks[:, step]), generation
        )
        for step in range(x.values.shape[1])
    ]
    return MaskedTensor(np.stack([part.values for part in parts], axis=1), _mask_over_time(x.mask, parts, generation))


def _mask_over_time(mask: Array | None, parts: Sequence[MaskedTensor], generation: WriterVersions) -> Array | None:
    """The mask after a TimeDistributed: Keras 2 passes on the masks that the layer inside it creates."""
    if not generation.masks_inside_steps:
        return mask
    inner = [part.mask for part in parts if part.mask is not None]
    if inner:
        return np.stack(inner, axis=1)
    return None if mask is None else np.any(mask, axis=tuple(range(2, mask.ndim)))
