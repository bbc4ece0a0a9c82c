"""The memory of a model: weights, gradients, optimizer state, and activations for a batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.objects import OPTIMIZER
from seqspec.core.catalog.optimizers.base import Optimizer
from seqspec.core.shapes.tensor import Dim, Size, TensorSpec, product

BYTES = {
    "bool": 1, "int8": 1, "uint8": 1, "float8_e4m3fn": 1, "float8_e5m2": 1,
    "int16": 2, "uint16": 2, "float16": 2, "bfloat16": 2,
    "int32": 4, "uint32": 4, "float32": 4,
    "int64": 8, "uint64": 8, "float64": 8, "complex64": 8, "complex128": 16,
}  # fmt: skip
"""Bytes per element; strings have no fixed size."""


def untrained_prefix(layers: Sequence[LayerReport]) -> int:
    """The number of leading layers before the first one that is trained: no gradient is computed through them.

    Training keeps only the output of the last of them. 0 if no layer is trained.
    """
    return next((index for index, layer in enumerate(layers) if layer.trained_params), 0)


def activations(layers: Sequence[LayerReport], batch: int) -> list[Size | None]:
    """Bytes of activations that training keeps for each layer and batch; see `activation_bytes`."""
    prefix = untrained_prefix(layers)
    return [
        activation_bytes(layer, batch)
        if index >= prefix
        else _bytes(layer.outputs, batch)
        if index == prefix - 1
        else 0
        for index, layer in enumerate(layers)
    ]


def activation_bytes(layer: LayerReport, batch: int) -> Size | None:
    """Bytes of the outputs of the layer for a batch, as a formula of unknown sizes if necessary; None for strings.

    Counted once per layer, at its output, including nested and base models: training saves them for the backward pass,
    inference frees them. A formula that is too long becomes an unnamed size.
    """
    return _bytes(layer.kept, batch)


def _bytes(tensors: Iterable[TensorSpec], batch: int) -> Size | None:
    total: Size = 0
    for kept in tensors:
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
    """Bytes of the gradients: one value per trainable parameter, in the dtype of the variable."""
    return sum(
        weight.size * BYTES.get(weight.dtype, 0) for layer in layers for weight in layer.weights if weight.trainable
    )


def optimizer_bytes(
    layers: Iterable[LayerReport], optimizer: KerasObject | str | Mapping[str, object] | None, model: str = "sequential"
) -> int | None:
    """Bytes of the optimizer state for the trainable weights; None if the spec does not determine it.

    Keras stores it in the dtype of the variables. `model` is the model's name: some optimizers treat variables by their
    paths, which start with it.
    """
    if isinstance(optimizer, (str, Mapping)):
        optimizer = OPTIMIZER.read(optimizer)
    if not isinstance(optimizer, Optimizer):
        from seqspec.core.catalog.optimizers.nested_optimizers import LossScaleOptimizer

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
