"""Calls of layers that belong to no model, such as those of a program that ends before it creates its model."""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.programs.graphs.functional_models import Graph, graph_state
from seqspec.programs.python.interpreter import Interpreter
from seqspec.programs.values.abstract_values import KerasCall, Model, Ref
from seqspec.programs.values.tensors import Operation, Tensor, is_tensor

_MAX_FRAGMENTS = 20


def fragments(interpreter: Interpreter) -> Iterator[Model]:
    """The calls that lead from inputs to a result that no model has, each as a model of its own."""
    owned: set[int] = set()
    for model in interpreter.models:
        for state in model.states:
            owned |= {id(call) for call in state.graph.calls} if isinstance(state.graph, Graph) else set()
    received = {id(value) for tensor in interpreter.tensors for value in tensor.inputs}
    ends = [
        tensor
        for tensor in interpreter.tensors
        if id(tensor) not in received and id(tensor) not in owned and not tensor.choices
    ]
    for end in ends[:_MAX_FRAGMENTS]:
        inputs = _inputs(end)
        if not inputs:
            continue
        state = graph_state(interpreter, inputs, [end], end.node)
        if isinstance(state.graph, Graph) and state.graph.topology != "unknown":
            model = Model(end.node, Ref(("keras", "models", "Model"), "keras"))
            model.kind, model.states, model.policy = "functional", (state,), interpreter.policy
            yield model


def _inputs(end: Tensor) -> list[KerasCall]:
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
        elif not isinstance(value, Tensor) or not (value.is_certain or isinstance(value.source, Operation)):
            return []
        else:
            pending += value.inputs
            if not value.inputs:
                return []
    return list(inputs.values())
