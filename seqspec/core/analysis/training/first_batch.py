"""Errors that Keras does not raise when it builds a model, but on the first batch or in the first training step.

Keras builds a layer from shapes alone; errors of its computation are found by tracing it, as in a Pipeline.
Penalties and constraints on weights, and the axes of a loss, are first used in training.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.analysis.layers.arguments import updated_layers, variables_of_argument
from seqspec.core.catalog.keras_object import argument_of
from seqspec.core.catalog.layer import InferenceContext, Outputs, Phase, cannot_compute_sparse, wrong_rank
from seqspec.core.catalog.layer_inference import (
    cast_input,
    check_on_data,
    is_passthrough,
    is_same_on_data,
    layer_weights,
    needs_adapt,
    output_spec,
)
from seqspec.core.catalog.traits import Composition
from seqspec.core.diagnostics.message import fmt
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.shapes.tensor import Size, TensorSpec, show

if TYPE_CHECKING:
    from seqspec.core.analysis.training.objective import TrainingLoss

_UNKNOWN_BEFORE = frozenset({"unknown-size", "over-limit"})
"""Violations caused only by unknown sizes, which are known in a batch."""


def failing_layer(layers: Sequence[LayerReport], x: TensorSpec, env: InferenceContext) -> Violation | None:
    """The violation of the first layer whose computation fails; None if no failure is known."""
    incoming: Outputs = x
    training: Outputs = x
    """The input of the next layer in training, which may differ from `incoming`."""
    first_changed: tuple[Path, str] | None = None
    """The first layer whose output shape differs from the one for which Keras built the model."""
    for entry in layers:
        layer = entry.layer
        if incoming is entry.input and is_same_on_data(layer, incoming, env):
            incoming = training = entry.output
            continue
        given = training if "augmentation" in layer.traits else incoming
        if isinstance(given, list) or isinstance(incoming, list):
            return None
        if is_passthrough(layer, entry.input, env):
            continue  # not part of the graph, so Keras never runs it
        try:
            if layer.keeps_rank and given.rank != entry.input.rank:
                raise wrong_rank(given, f"is built for inputs of rank {entry.input.rank - 1}", entry.input.rank)
            if given.sparse and not layer.takes_sparse(given):
                raise cannot_compute_sparse()
            check_on_data(layer, given, env)
            # Inside a Pipeline Keras creates no state and adapts nothing, so the trace rejects both.
            learned = needs_adapt(layer) and "token_index" in layer.traits
            has_state = learned or _is_stateful(entry)
            ran = entry.output if has_state else output_spec(layer, given, env.at(Phase.TRACE))
            if given.dims != entry.input.dims:
                _require_built(entry, given, env)
        except Violation as violation:
            if violation.rule not in _UNKNOWN_BEFORE:
                failure = violation.replace(condition="").prefixed(*entry.path)
                return failure.replace(related=(*failure.related, first_changed)) if first_changed else failure
            ran = entry.output
        if argument_of(layer, "sparse") and not isinstance(ran, list):
            ran = ran._replace(sparse=True)
        trained, ran = ran, layer.inference_output(incoming, ran)
        if first_changed is None and not isinstance(ran, list) and ran.dims != entry.outputs[0].dims:
            when = "when it runs" if ran == trained else "in predict and validation"
            first_changed = entry.path, fmt("returns {} {}", show(ran.sample), when)
        incoming = entry.output if ran == entry.output else ran
        training = entry.output if trained == entry.output else trained
    return None


def _is_stateful(entry: LayerReport) -> bool:
    """Whether a layer keeps a state, or one that it wraps, such as that of a Bidirectional layer."""
    inner = () if entry.composition is Composition.PIPELINE else entry.layers
    return bool(argument_of(entry.layer, "stateful")) or any(map(_is_stateful, inner))


def _require_built(entry: LayerReport, x: TensorSpec, env: InferenceContext) -> None:
    """Raises a `Violation` if the weights that Keras has built do not match those that input `x` requires."""
    needed = layer_weights(entry.layer, cast_input(entry.layer, x, env), env)
    if [weight.shape for weight in needed] != [weight.shape for weight in entry.weights]:
        raise Violation(
            "shape-mismatch",
            fmt("is built for inputs of shape {}, got {}", show(entry.input.sample), show(x.sample)),
            anchor="layer",
        )


def failing_weights(layers: Sequence[LayerReport]) -> Iterator[tuple[Path, str]]:
    """The penalties and constraints that cannot be computed for their weight: their paths, and why."""
    for entry in updated_layers(layers):
        for name in entry.layer.model_fields_set:
            if name.endswith(("_regularizer", "_constraint")):
                reasons = (_reason(getattr(entry.layer, name), shape) for shape in variables_of_argument(entry, name))
                reason = next(filter(None, reasons), None)
                if reason is not None:
                    yield (*entry.path, name), f"{name} {reason}"


def _reason(value: object, shape: Sequence[Size]) -> str | None:
    if getattr(value, "requires_matrix", False) and len(shape) != 2:
        return fmt("needs a matrix, but the weight has shape {}", show(tuple(shape)))
    return axis_reason(getattr(value, "axis", None), shape)


def is_unreduced(objective: TrainingLoss, output: TensorSpec) -> bool:
    """Whether the loss of a batch is not a single number, to which Keras could add the penalty of a layer."""
    if objective.argument("reduction", "") not in ("none", None):
        return False
    if "overlap" not in objective.traits:
        return output.rank > 1
    axis = objective.argument("axis")
    return axis is not None and (isinstance(axis, int) or len(axis) < output.rank)


def failing_loss(objective: TrainingLoss, output: TensorSpec) -> tuple[str, str] | None:
    """The argument with which the loss cannot be computed for the output, and why; None if it can."""
    axis = objective.argument("axis")
    if objective.loss == "SparseCategoricalCrossentropy":
        reason = sparse_axis_reason(axis, output)
    elif isinstance(axis, list) and objective.from_logits and "categorical" in objective.traits:
        reason = f"axis must be an integer with from_logits = true, got {axis}"
    else:
        reason = axis_reason(axis, output.dims)
    if reason is not None:
        return "axis", reason
    alpha, classes = objective.argument("alpha"), output.dims[-1]
    if isinstance(alpha, list) and isinstance(classes, int) and len(alpha) not in (1, classes):
        return "alpha", f"has alpha with {len(alpha)} weights for {classes} classes"
    return None


def sparse_axis_reason(axis: object, output: TensorSpec) -> str | None:
    """Why the cross-entropy of class indices cannot be computed along an axis; None if it can."""
    is_last_axis = axis is None or axis in (-1, output.rank - 1)
    return None if is_last_axis else f"axis must be -1, the only one that Keras supports here, got {axis}"


def axis_reason(axis: object, shape: Sequence[Size]) -> str | None:
    axes = [axis] if isinstance(axis, int) else axis
    if not isinstance(axes, (list, tuple)):
        return None
    rank = len(shape)
    for number in axes:
        if not -rank <= number < rank:
            return fmt("has axis {}, which is out of range for shape {}", number, show(tuple(shape)))
    return "has the same axis twice" if len({number % rank for number in axes}) < len(axes) else None
