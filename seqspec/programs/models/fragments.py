"""Calls of layers that belong to no model, such as those of a program that ends before it creates its model."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from seqspec.programs.graphs.functional_models import FunctionalGraph, graph_state, layer_node, leaves
from seqspec.programs.keras_api.keras_names import OTHER_LAYERS
from seqspec.programs.keras_api.signatures import layer_declaration
from seqspec.programs.python.interpreter import Interpreter
from seqspec.programs.values.abstract_values import (
    EarlierLayers,
    KerasCall,
    LayerEntry,
    ModelState,
    ModelValue,
    Ref,
    Unknown,
)
from seqspec.programs.values.tensors import Operation, SymbolicTensor, is_tensor

if TYPE_CHECKING:
    from seqspec.core.api.diagnostics import Kind

_MAX_FRAGMENTS = 20
_MAX_TAIL = 100
_MAX_DETACHED = 200


def fragments(interpreter: Interpreter) -> Iterator[ModelValue]:
    """The calls that lead from inputs to a result that no model has, each as a model of its own."""
    owned: set[int] = set()
    for model in interpreter.models:
        for state in model.states:
            owned |= {id(call) for call in state.graph.calls} if isinstance(state.graph, FunctionalGraph) else set()
    received = {id(value) for tensor in interpreter.tensors for value in tensor.inputs}
    ends = [
        tensor
        for tensor in interpreter.tensors
        if id(tensor) not in received and id(tensor) not in owned and not tensor.choices
    ]
    for end in ends[:_MAX_FRAGMENTS]:
        inputs = _inputs(end)
        if not inputs:
            entries = _tail(end)
            if len(entries) > 2 or (len(entries) == 2 and not interpreter.sources):
                yield _model(interpreter, end.node, ModelState(entries), "sequential")
            continue
        state = graph_state(interpreter, inputs, [end], end.node)
        if isinstance(state.graph, FunctionalGraph) and state.graph.topology != "unknown":
            yield _model(interpreter, end.node, state)


def detached_layers(interpreter: Interpreter) -> Iterator[ModelValue]:
    """The layers that no model or chain of calls contains, as one model whose layers are not connected.

    They are those of custom layers, of functions with unknown arguments and of calls that are not followed.
    """
    owned: set[int] = set()
    for model in interpreter.models:
        for state in model.states:
            owned |= {id(entry.value) for entry in state.layers}
            owned |= (
                {id(call.source) for call in state.graph.calls} if isinstance(state.graph, FunctionalGraph) else set()
            )
    layers: dict[int, KerasCall] = {}
    for layer in interpreter.layers:
        if id(layer) not in owned and layer.ref.name not in OTHER_LAYERS:
            layers.setdefault(id(layer.node), layer)
    if layers:
        entries = tuple(
            LayerEntry(layer, layer.node, layer.label or Unknown(layer.node.func).text)
            for layer in list(layers.values())[:_MAX_DETACHED]
        )
        yield _model(interpreter, entries[0].node, ModelState(entries))


def tails(interpreter: Interpreter) -> Iterator[ModelValue]:
    """The last layers of functional models that begin with something unknown, each as a model of its own."""
    for model in interpreter.models:
        end = model.tensors[1] if model.kind != "sequential" and model.tensors is not None else None
        graphs = [state.graph for state in model.states]
        if len(graphs) != 1 or not isinstance(graphs[0], FunctionalGraph) or graphs[0].topology != "unknown":
            continue
        ends = leaves(end)
        entries = _tail(ends[0]) if len(ends) == 1 and not graphs[0].doubts() else ()
        if len(entries) > 1:
            state = model.states[0].copy(layers=entries, doubts=(), graph=None)
            tail = _model(interpreter, model.node, state, "sequential")
            tail.trains_itself = model.trains_itself
            yield tail


def _model(interpreter: Interpreter, node: ast.AST, state: ModelState, kind: Kind = "functional") -> ModelValue:
    ref = Ref(("keras", "models", "Sequential" if kind == "sequential" else "Model"), "keras")
    return ModelValue(node, ref, (state,), kind=kind, policy=interpreter.policy)


def _tail(end: object) -> tuple[LayerEntry, ...]:
    """The calls of layers, one after another, that end in a tensor, after an entry for what is before them."""
    entries: list[LayerEntry] = []
    value = end
    while isinstance(value, SymbolicTensor) and value.is_certain and value.index is None and len(value.inputs) == 1:
        layer = value.source
        if not isinstance(layer, KerasCall) or layer_declaration(layer.ref.name)[0] is None or len(entries) > _MAX_TAIL:
            break
        entries.append(LayerEntry(layer, layer_node(value), value.label, value.node))
        value = value.inputs[0]
    if not entries:
        return ()
    first = entries[-1].node
    return (LayerEntry(EarlierLayers(first), first), *reversed(entries))


def _inputs(end: SymbolicTensor) -> list[KerasCall]:
    """The calls of `Input` that a tensor is computed from; none if something else is, or it is not certain."""
    inputs: dict[int, KerasCall] = {}
    pending: list[object] = [end]
    seen: set[int] = set()
    while pending:
        value = pending.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if is_tensor(value) and isinstance(value, KerasCall):
            inputs[id(value)] = value
        elif not isinstance(value, SymbolicTensor) or not (value.is_certain or isinstance(value.source, Operation)):
            return []
        else:
            pending += value.inputs
            if not value.inputs:
                return []
    return list(inputs.values())
