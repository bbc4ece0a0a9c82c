"""Models in models: the input that an inner model declares, compared with what it receives."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from seqspec.core.diagnostics.message import Message
from seqspec.core.shapes.tensor import Shape, TensorSpec, show
from seqspec.programs.abstract_values import MAX_NESTED_MODELS, Dict, KerasCall, Model, ModelState
from seqspec.programs.graphs import Graph
from seqspec.programs.interpreter import Interpreter
from seqspec.programs.keras_names import is_input
from seqspec.programs.signatures import layer_declaration
from seqspec.programs.tensor_shapes import main_inputs
from seqspec.programs.tensor_specs import declared_input, tensor_spec
from seqspec.programs.tensors import Tensor


class Mismatch(NamedTuple):
    """An inner model that does not accept what it receives, at its call."""

    message: str
    node: ast.AST
    help: str


def input_mismatches(interpreter: Interpreter, state: ModelState, depth: int = 0) -> Iterator[Mismatch]:
    """The inner models of a model that Keras refuses to call on their inputs, where both shapes are known."""
    if depth > MAX_NESTED_MODELS or any(doubt.kind != "graph" for doubt in state.doubts):
        return
    for call in _calls(interpreter, state):
        inner = call.source
        if not isinstance(inner, Model) or len(inner.states) != 1 or call.index is not None or call.inlined:
            continue
        yield from input_mismatches(interpreter, inner.states[0], depth + 1)
        for expected, received in _inputs(interpreter, inner, call):
            if not _accepts(inner.states[0], expected.dims, received.dims):
                name = inner.label or "the inner model"
                shapes = (show(expected.sample), ", got ", show(received.sample))
                message = str(Message(name, " was created for inputs of shape ", *shapes))
                yield Mismatch(message, call.node, f"change the input of {name}, or the layers before it")


def _calls(interpreter: Interpreter, state: ModelState) -> Iterator[Tensor]:
    """The calls of a functional model, or those that a `Sequential` makes."""
    if isinstance(state.graph, Graph):
        yield from state.graph.calls
        return
    if not any(isinstance(entry.value, Model) for entry in state.layers):
        return
    layers = list(state.layers)
    first = layers[0].value
    if not isinstance(first, (KerasCall, Model)):
        return
    tensor = Tensor(None, (), layers[0].node)
    tensor.spec = declared_input(interpreter, first)
    for entry in layers[1:] if is_input(first) else layers:
        tensor = Tensor(entry.value, (tensor,), entry.node)
        yield tensor


def _inputs(interpreter: Interpreter, inner: Model, call: Tensor) -> Iterator[tuple[TensorSpec, TensorSpec]]:
    """The declared and the received shapes of the inputs of an inner model, where both are known."""
    graph = inner.states[0].graph
    starts = graph.inputs if isinstance(graph, Graph) else (inner,)
    inputs = main_inputs(call)
    if len(starts) != len(inputs) or any(isinstance(argument.value, Dict) for argument in call.arguments):
        return
    for start, value in zip(starts, inputs):
        expected = declared_input(interpreter, start) if isinstance(start, (KerasCall, Model)) else None
        received = tensor_spec(interpreter, value)
        if expected is not None and isinstance(received, TensorSpec):
            yield expected, received


def _accepts(state: ModelState, expected: Shape, received: Shape) -> bool:
    """Whether Keras calls a model with this input on this tensor; it ignores last axes of size 1 on both sides."""
    if any(_differ(one, other) for one, other in zip(_squeezed(expected)[1:], _squeezed(received)[1:])):
        return False
    if len(expected) != len(received) or not _differ(expected[-1], received[-1]):
        return True
    first = next((entry.value for entry in state.layers if not is_input(entry.value)), None)
    return not _needs_channels(first)


def _squeezed(shape: Shape) -> Shape:
    return shape[:-1] if shape[-1] == 1 else shape


def _differ(one: object, other: object) -> bool:
    return isinstance(one, int) and isinstance(other, int) and one != other


def _needs_channels(layer: object) -> bool:
    """Whether a layer only accepts as many channels as it was built for, on the last axis."""
    cls = layer_declaration(layer.ref.name)[0] if isinstance(layer, KerasCall) else None
    if cls is None or not isinstance(layer, KerasCall) or layer.argument("data_format") is not None:
        return False
    return cls.__name__ in ("Dense", "Conv1D", "Conv2D", "Conv3D")
