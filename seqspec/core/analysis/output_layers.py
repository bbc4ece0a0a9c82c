"""The output layers of a model with an error in an earlier layer, if their own arguments determine their output."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.core.analysis.layer_report import LayerReport, layer_names
from seqspec.core.catalog.index import LAYERS, layer_class
from seqspec.core.catalog.layer import InferenceContext, Layer
from seqspec.core.catalog.layer_inference import output_spec
from seqspec.core.diagnostics.violation import Path, Violation, Violations
from seqspec.core.document.model_table import ModelLayers
from seqspec.core.shapes.tensor import BATCH, Dim, TensorSpec

_KEEPS_RANK = frozenset({"affine", "activation", "norm", "dropout", "noise"})
"""The roles of layers whose output always has the rank of their input."""
_FEATURES = 64
"""Placeholder for the unknown number of features before the last Dense layer; its output does not depend on it."""


def output_layers(
    stack: ModelLayers, entries: Sequence[object], paths: Sequence[Path], env: InferenceContext
) -> list[LayerReport]:
    """The last Dense layer and those after it; empty unless their output is known despite the errors.

    It is known if the Dense layer receives one vector per sample and none of these layers has an invalid argument.
    The number of features that the Dense layer receives may be unknown.

    Args:
        stack: The model as read.
        entries: Its layers in the expanded spec.
        paths: The paths of errors in layers, in the expanded spec.
        env: The inference context of the layers.
    """
    layers = stack.layers
    misread = {path[2] for path in paths if len(path) > 3}
    failing = {path[2] for path in paths if len(path) == 3}
    is_vector = stack.input is not None and stack.input.rank == 2
    start = None
    for index, layer in enumerate(layers):
        if layer is None or index in misread:
            declared = type(layer) if layer is not None else _class(entries[index] if index < len(entries) else None)
            is_vector = (
                is_vector and declared is not None and (declared.role in _KEEPS_RANK or declared.__name__ == "Dense")
            )
            continue
        if "dense" in layer.traits:
            start = index if is_vector else None
        is_vector = _makes_vector(layer, is_vector, env)
    if start is None or None in layers[start:]:
        return []
    if any(index in misread or (index in failing and index > start) for index in range(start, len(layers))):
        return []
    return _reports(layers, start, env)


def _reports(layers: Sequence[Layer | None], start: int, env: InferenceContext) -> list[LayerReport]:
    names = layer_names(layers)
    reports: list[LayerReport] = []
    x = TensorSpec((BATCH, _FEATURES), env.policy.compute)
    for index in range(start, len(layers)):
        layer = layers[index]
        assert layer is not None
        try:
            y = output_spec(layer, x, env)
        except (Violation, Violations):
            return []
        if isinstance(y, list):
            return []
        reports.append(LayerReport(("model", "layers", index), names[index], layer, x, y, env))
        x = y
    return reports


def _makes_vector(layer: Layer, is_vector: bool, env: InferenceContext) -> bool:
    """Whether the layer outputs one vector per sample, given a vector or else any input that it accepts."""
    for ranks in ((1,), (1, 2, 3, 4)) if is_vector else ((1, 2, 3, 4),):
        outputs = []
        for rank in ranks:
            x = TensorSpec((BATCH, *[Dim()] * (rank - 1), _FEATURES), env.policy.compute)
            try:
                outputs.append(output_spec(layer, x, env))
            except (Violation, Violations):
                continue
        if outputs:
            return all(not isinstance(output, list) and output.rank == 2 for output in outputs)
    return False


def _class(entry: object) -> type[Layer] | None:
    kind = entry.get("type") if isinstance(entry, dict) else entry
    return layer_class(kind) if isinstance(kind, str) and kind in LAYERS else None
