"""The output layers of a model in which an earlier layer has an error, where their own arguments determine them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqspec.analysis.layer_report import LayerReport
from seqspec.analysis.naming import layer_names
from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.layer import Layer
from seqspec.diagnostics.violation import Path, Violation, Violations
from seqspec.document.model import Stack
from seqspec.shapes.dims import BATCH
from seqspec.shapes.tensor import TensorSpec

_FLATTENS = frozenset(
    ["Flatten"] + [f"Global{kind}Pooling{rank}D" for kind in ("Average", "Max") for rank in (1, 2, 3)]
)
_LAST_STEP = frozenset({"LSTM", "GRU", "SimpleRNN"})
_KEEPS_RANK = frozenset(
    {
        "Dense", "Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax", "Dropout", "AlphaDropout",
        "GaussianDropout", "GaussianNoise", "BatchNormalization", "LayerNormalization", "UnitNormalization",
        "Normalization", "Rescaling", "Identity", "ActivityRegularization",
    }
)  # fmt: skip
_FEATURES = 64
"""Placeholder for the unknown number of features before the last Dense layer; its output does not depend on it."""


def output_layers(
    stack: Stack, entries: Sequence[Any], paths: Sequence[Path], env: InferenceContext
) -> list[LayerReport]:
    """The last Dense layer and those after it; empty unless their output is known in spite of the errors.

    It is where the layers before make one vector of each sample, and none of these layers has an error in an argument.
    That the input of the Dense layer is unknown does not matter.

    Args:
        stack: The model as read.
        entries: Its layers in the expanded spec.
        paths: The places of the errors in layers, in the expanded spec.
        env: The inference context of the layers.
    """
    layers = stack.layers
    misread = {path[2] for path in paths if len(path) > 3}
    failing = {path[2] for path in paths if len(path) == 3}
    is_vector = stack.input is not None and stack.input.rank == 2
    start = None
    for index, layer in enumerate(layers):
        kind = _kind(layer, entries[index] if index < len(entries) else None)
        if kind == "Dense":
            start = index if is_vector else None
        elif kind in _FLATTENS:
            is_vector = not getattr(layer, "keepdims", False)
        elif kind in _LAST_STEP and layer is not None and index not in misread:
            is_vector = not (getattr(layer, "return_sequences", True) or getattr(layer, "return_state", True))
        elif kind not in _KEEPS_RANK:
            is_vector = False
    if start is None or None in layers[start:]:
        return []
    if any(index in misread or (index in failing and index > start) for index in range(start, len(layers))):
        return []
    return _reports(layers, start, env)


def _reports(layers: Sequence[Layer | None], start: int, env: InferenceContext) -> list[LayerReport]:
    names = layer_names(layers)
    found: list[LayerReport] = []
    x = TensorSpec((BATCH, _FEATURES), env.policy.compute)
    for index in range(start, len(layers)):
        layer = layers[index]
        assert layer is not None
        try:
            y = layer.infer(x, env)
        except (Violation, Violations):
            return []
        if isinstance(y, list):
            return []
        found.append(LayerReport(("model", "layers", index), names[index], layer, x, y, env))
        x = y
    return found


def _kind(layer: Layer | None, entry: Any) -> str:
    if layer is not None:
        return type(layer).__name__
    kind = entry.get("type") if isinstance(entry, dict) else entry
    return kind if isinstance(kind, str) else ""
