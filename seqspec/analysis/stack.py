"""Shape inference through the layers, up to the first one that raises a violation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from seqspec.analysis.layer_report import LayerReport
from seqspec.analysis.naming import layer_names
from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.layer import Layer, explain_lost_axes, passthrough_violation, require_storable
from seqspec.diagnostics.message import Message, join
from seqspec.diagnostics.violation import Path, Violation
from seqspec.shapes.dims import show
from seqspec.shapes.tensor import TensorSpec


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
    facts: list[LayerReport] = []
    names = layer_names(layers)
    arriving: TensorSpec | list[TensorSpec] = x
    # Whether the tensor is still the model's input itself, and the layers that then pass it through unchanged.
    untouched = True
    knots: list[Violation] = []
    for index, layer in enumerate(layers):
        if layer is None:
            violations.extend(_refused_anyway(layers, index + 1, env, path))
            break
        try:
            output = _apply(layer, arriving, env)
            first = arriving[0] if isinstance(arriving, list) else arriving
            report = LayerReport((*path, index), names[index], layer, first, output, env, False, origin)
            require_storable(report.weights)
        except Violation as violation:
            related = violation.related
            if index == 0 and violation.rule == "wrong-rank" and path[-1:] == ("layers",):
                related = (*related, ((*path[:-1], "input"), "input declared here"))
            located = violation.replace(
                path=(*path, index, *violation.path),
                notes=(*violation.notes, *_arrival(x, facts, arriving)),
                related=related,
            )
            before = [(entry.layer, entry.name, entry.input, entry.output) for entry in facts]
            violations.append(explain_lost_axes(located, before))
            violations.extend(_refused_anyway(layers, index + 1, env, path))
            break
        if not layer.is_passthrough(first, env):
            untouched = False
        elif not untouched or index + 1 == len(layers):
            knots.append(passthrough_violation(layer, first).prefixed(*path, index))
        facts.append(report)
        arriving = output
    else:
        # Keras connects the model after all layers were called.
        violations.extend(knots[:1])
    return facts


def _refused_anyway(
    layers: Sequence[Layer | None], start: int, env: InferenceContext, path: Path
) -> Iterator[Violation]:
    """The errors of later layers that Keras raises in their constructors, before any is called."""
    for index in range(start, len(layers)):
        layer = layers[index]
        if layer is not None:
            try:
                layer.check_in(env)
            except Violation as violation:
                yield violation.prefixed(*path, index)


def _apply(layer: Layer, x: TensorSpec | list[TensorSpec], env: InferenceContext) -> TensorSpec | list[TensorSpec]:
    return layer.infer_each(x, env) if isinstance(x, list) else layer.infer(x, env)


def _arrival(x: TensorSpec, facts: Sequence[LayerReport], arriving: TensorSpec | list[TensorSpec]) -> Sequence[str]:
    """The shapes up to the failing layer, with named sizes, shortened in the middle."""
    if isinstance(arriving, list):
        return ()
    if not facts:
        return (Message("input shape: ", show(arriving.sample), ", the model input"),)
    steps: list[str] = []
    previous = x.dims
    for entry in facts:
        if isinstance(entry.output, list) or entry.output.dims == previous:
            continue
        previous = entry.output.dims
        steps.append(Message(entry.name, " → ", show(entry.output.sample)))
    if len(steps) > 6:
        steps = [*steps[:3], "…", *steps[-2:]]
    via = Message(" via ", join(", ", steps)) if steps else ""
    return (Message("input shape: ", show(arriving.sample), ", from ", show(x.sample), via),)
