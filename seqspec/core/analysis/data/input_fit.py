"""Whether samples of a different shape than the declared input fit the model, and which layer rejects them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from seqspec.core.analysis.graph import GraphWalk, walk_graph
from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.analysis.stack import walk_stack
from seqspec.core.catalog.layer import InferenceContext, Layer
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import Shape, TensorSpec


class InputFit(NamedTuple):
    """How samples of a shape fit the input.

    `fits` is true if they have the declared shape. Otherwise `adjusted` means that Keras silently adds or drops a last
    axis of size 1, `rank` that the rank differs, and `refusing` is the layer whose weights or arguments only fit the
    declared shape; with none of these, all layers accept the shape.
    """

    fits: bool
    adjusted: bool = False
    rank: bool = False
    refusing: LayerReport | None = None


def check_input_fit(
    shape: Shape,
    x: TensorSpec,
    stack: Sequence[Layer | None],
    layers: Sequence[LayerReport],
    env: InferenceContext,
    graph: GraphWalk | None = None,
) -> InputFit:
    """How samples of `shape` fit `x`, the input of the model, and its layers.

    `layers` are the reports of the first layers of `stack`, up to one that fails; `graph` is the walk through a model
    with branches and one input.
    """
    declared = x.sample
    adjusted = False
    if len(shape) == len(declared) + 1 and shape[-1] == 1:
        shape, adjusted = shape[:-1], True
    elif len(shape) == len(declared) - 1 and declared[-1] == 1:
        shape, adjusted = (*shape, 1), True
    if len(shape) != len(declared):
        return InputFit(False, rank=True)
    if all(
        size == other or not (isinstance(size, int) and isinstance(other, int)) for size, other in zip(declared, shape)
    ):
        return InputFit(not adjusted, adjusted)
    sizes = tuple(other if isinstance(other, int) else size for size, other in zip(declared, shape))
    resized = x._replace(dims=(x.dims[0], *sizes))
    if graph is not None:
        return InputFit(False, adjusted, refusing=_refusing_in_graph(resized, stack, graph, env))
    return InputFit(False, adjusted, refusing=_refusing(resized, stack[: len(layers)], layers, env))


def accepts_input(
    shape: Shape, x: TensorSpec, stack: Sequence[Layer | None], layers: Sequence[LayerReport], env: InferenceContext
) -> bool:
    """Whether all `layers` accept an input with samples of `shape` in place of `x`, with other weights if need be."""
    violations: list[Violation] = []
    changed = x._replace(dims=(x.dims[0], *shape))
    return len(walk_stack(stack[: len(layers)], changed, env, ("model", "layers"), violations)) == len(layers)


def _refusing(
    x: TensorSpec, stack: Sequence[Layer | None], layers: Sequence[LayerReport], env: InferenceContext
) -> LayerReport | None:
    violations: list[Violation] = []
    reached = walk_stack(stack, x, env, ("model", "layers"), violations)
    for layer, resized in zip(layers, reached):
        if [weight.shape for weight in layer.weights] != [weight.shape for weight in resized.weights]:
            return layer
    if len(reached) < len(layers):
        from seqspec.core.catalog.applications.application import Application

        # A base model checks its input size when it is created, not when it is called.
        if not isinstance(layers[len(reached)].layer, Application):
            return layers[len(reached)]
    return None


def _refusing_in_graph(
    x: TensorSpec, stack: Sequence[Layer | None], walk: GraphWalk, env: InferenceContext
) -> LayerReport | None:
    # A base model without its top accepts other sizes than that with which it is created.
    stack = [
        layer.model_copy(update={"input_shape": None})
        if layer is not None and "base_model" in layer.traits and getattr(layer, "include_top", True) is False
        else layer
        for layer in stack
    ]
    resized = walk_graph(stack, walk.graph._replace(inputs=[x]), env, ("model", "layers"), [])
    for before, after in zip(walk.by_call, resized.by_call):
        if before is not None and (
            after is None or [weight.shape for weight in before.weights] != [weight.shape for weight in after.weights]
        ):
            return before
    return None
