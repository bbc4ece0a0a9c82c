"""Shape inference through the layers, up to the first one that raises a violation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from seqspec.core.analysis.layer_report import LayerReport, layer_names
from seqspec.core.catalog.layer import InferenceContext, Layer
from seqspec.core.catalog.layer_inference import (
    explain_lost_axes,
    is_passthrough,
    output_spec,
    passthrough_violation,
    require_storable,
)
from seqspec.core.diagnostics.message import Declared, fmt, join
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.shapes.tensor import TensorSpec, show


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
            if layer.has.weights:
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
