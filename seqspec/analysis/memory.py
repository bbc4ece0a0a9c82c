"""How much memory a model takes: weights, gradients, the optimizer's state, and activations for a batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seqspec.analysis.layer_report import LayerReport
from seqspec.catalog.keras_object import KerasObject
from seqspec.catalog.objects import OPTIMIZER
from seqspec.catalog.optimizers.base import Optimizer
from seqspec.shapes.dims import Dim, Size, product

BYTES = {
    "bool": 1, "int8": 1, "uint8": 1, "float8_e4m3fn": 1, "float8_e5m2": 1,
    "int16": 2, "uint16": 2, "float16": 2, "bfloat16": 2,
    "int32": 4, "uint32": 4, "float32": 4,
    "int64": 8, "uint64": 8, "float64": 8, "complex64": 8, "complex128": 16,
}  # fmt: skip
"""Bytes of one element; strings have no fixed size."""


def activation_bytes(layer: LayerReport, batch: int) -> Size | None:
    """Bytes of what the layer gives for a batch, in the names of unknown sizes; None for strings.

    Counted once a layer, at its output, and inside nested and base models: training keeps these for the backward pass,
    inference frees them on the way. A formula that would fill lines is an unnamed size.
    """
    total: Size = 0
    for kept in layer.kept:
        if kept.dtype not in BYTES:
            return None
        total = product(kept.sample) * (batch * BYTES[kept.dtype]) + total
        if not isinstance(total, int) and len(str(total)) > 60:
            return Dim()
    return total


def weight_bytes(layers: Iterable[LayerReport]) -> int:
    """Bytes of all weights."""
    return sum(weight.size * BYTES.get(weight.dtype, 0) for layer in layers for weight in layer.weights)


def gradient_bytes(layers: Iterable[LayerReport]) -> int:
    """Bytes of the gradients: one value for every trainable parameter, in the variable's dtype."""
    return sum(
        weight.size * BYTES.get(weight.dtype, 0) for layer in layers for weight in layer.weights if weight.trainable
    )


def optimizer_bytes(
    layers: Iterable[LayerReport], optimizer: KerasObject | str | Mapping[str, Any] | None, model: str = "sequential"
) -> int | None:
    """Bytes of the state that an optimizer keeps for the trainable weights; None where the document cannot tell.

    Keras keeps it in the dtype of the variables. `model` is the model's name: some optimizers treat variables by their
    paths, which begin with it.
    """
    if isinstance(optimizer, (str, Mapping)):
        optimizer = OPTIMIZER.read(optimizer)
    if not isinstance(optimizer, Optimizer):
        from seqspec.catalog.optimizers.wrapping import LossScaleOptimizer

        if isinstance(optimizer, LossScaleOptimizer):
            optimizer = optimizer.inner_optimizer
    if not isinstance(optimizer, Optimizer) or not optimizer.countable:
        return None
    return sum(
        optimizer.state(weight.shape, f"{model}/{layer.name}/{weight.name}") * BYTES.get(weight.dtype, 0)
        for layer in layers
        for weight in layer.weights
        if weight.trainable
    )
