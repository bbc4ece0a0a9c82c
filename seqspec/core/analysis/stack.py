"""Shape inference through the layers, up to the first one that raises a violation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from seqspec.core.analysis.layer_report import LayerReport, layer_names
from seqspec.core.catalog.index import LAYERS, layer_class
from seqspec.core.catalog.layer import InferenceContext, Layer
from seqspec.core.catalog.layer_inference import (
    explain_lost_axes,
    is_passthrough,
    output_spec,
    passthrough_violation,
    require_storable,
)
from seqspec.core.diagnostics.message import Declared, fmt, join
from seqspec.core.diagnostics.violation import Path, Violation, Violations
from seqspec.core.document.model_table import ModelLayers
from seqspec.core.shapes.tensor import BATCH, Dim, TensorSpec, show


def walk_stack(
    layers: Sequence[Layer | None],
    x: TensorSpec,
    env: InferenceContext,
    path: Path,
    violations: list[Violation],
    origin: Callable[[Path], Path] | None = None,
) -> list[LayerReport]:
    """The reports of all layers up to the first one that fails, whose violation is appended to `violations`.

    `path` is the path of the list of layers. A None entry is a layer that could not be parsed: its error is already
    reported, and nothing is known about the layers after it. `origin` finds where a path was written.
    """
    reports: list[LayerReport] = []
    names = layer_names(layers)
    incoming: TensorSpec | list[TensorSpec] = x
    # Whether the tensor is still the model's input itself, and the layers that then pass it through unchanged.
    untouched = True
    passthroughs: list[Violation] = []
    for index, layer in enumerate(layers):
        if layer is None:
            violations.extend(_constructor_violations(layers, index + 1, env, path))
            break
        try:
            first = incoming[0] if isinstance(incoming, list) else incoming
            output = output_spec(layer, incoming, env)
            report = LayerReport((*path, index), names[index], layer, first, output, env, False, origin)
            if layer.has_weights:
                require_storable(report.weights)
        except Violation as violation:
            related = violation.related
            if index == 0 and violation.rule == "wrong-rank" and path[-1:] == ("layers",):
                related = (*related, ((*path[:-1], "input"), Declared("input")))
            located = violation.replace(
                path=(*path, index, *violation.path),
                notes=(*violation.notes, *_shape_notes(x, reports, incoming)),
                related=related,
            )
            before = [(entry.layer, entry.name, entry.input, entry.output) for entry in reports]
            violations.append(explain_lost_axes(located, before))
            violations.extend(_constructor_violations(layers, index + 1, env, path))
            break
        if not is_passthrough(layer, first, env):
            untouched = False
        elif not untouched or index + 1 == len(layers):
            passthroughs.append(passthrough_violation(layer, first).prefixed(*path, index))
        reports.append(report)
        incoming = output
    else:
        # Keras creates the functional graph after all layers have been called.
        violations.extend(passthroughs[:1])
    return reports


def _constructor_violations(
    layers: Sequence[Layer | None], start: int, env: InferenceContext, path: Path
) -> Iterator[Violation]:
    """The violations that Keras raises in the constructors of later layers, before any layer is called."""
    for index in range(start, len(layers)):
        layer = layers[index]
        if layer is not None:
            try:
                layer.check_versions(env)
            except Violation as violation:
                yield violation.prefixed(*path, index)


def _shape_notes(
    x: TensorSpec, reports: Sequence[LayerReport], incoming: TensorSpec | list[TensorSpec]
) -> Sequence[str]:
    """The shapes up to the failing layer, with named sizes, shortened in the middle."""
    if isinstance(incoming, list):
        return ()
    if not reports:
        return (fmt("input shape: {}, the model input", show(incoming.sample)),)
    steps: list[str] = []
    previous = x.dims
    for entry in reports:
        if isinstance(entry.output, list) or entry.output.dims == previous:
            continue
        previous = entry.output.dims
        steps.append(fmt("{} → {}", entry.name, show(entry.output.sample)))
    if len(steps) > 6:
        steps = [*steps[:3], "…", *steps[-2:]]
    via = fmt(" via {}", join(", ", steps)) if steps else ""
    return (fmt("input shape: {}, from {}{}", show(incoming.sample), show(x.sample), via),)


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
