"""What a program creates and never uses, and calls of layers that belong to no model."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from seqspec.programs.graphs.functional_models import FunctionalGraph, graph_state, layer_node, leaves
from seqspec.programs.keras_api.keras_names import OTHER_LAYERS, family_of
from seqspec.programs.keras_api.signatures import layer_declaration
from seqspec.programs.python.interpreter import Interpreter
from seqspec.programs.values.abstract_values import (
    CodeViolation,
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
        state = graph_state(interpreter.tensors, inputs, [end], end.node)
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


_SEVERAL = ("return_state", "return_attention_scores")

_KINDS = {
    "optimizers": ("optimizer", ("compile",), "pass it to compile: optimizer={}"),
    "callbacks": ("callback", ("fit", "fit_generator"), "pass it to fit: callbacks=[{}]"),
}
"""What an object of each family is, the methods that it is passed to, and how."""

_READS_ANYTHING = {"eval", "exec", "globals", "locals", "vars"}


def unused_calls(interpreter: Interpreter, tree: ast.AST) -> Iterator[tuple[ModelValue, CodeViolation]]:
    """A note on each call whose result reaches no output, with a model that uses an input of it.

    Usually the next call received the wrong variable. Only results in a variable that is not read again are reported.
    """
    used = {id(value) for tensor in interpreter.tensors for value in tensor.inputs}
    models: dict[int, ModelValue] = {}
    for model in interpreter.models:
        for graph in _graphs(model):
            models |= dict.fromkeys((id(call) for call in graph.calls), model)
            models |= dict.fromkeys(map(id, graph.inputs), model)
            used.update(map(id, graph.outputs))
            used.update(id(value) for call in graph.calls for value in call.inputs)
        if model.tensors is not None:
            used.update(id(leaf) for structure in model.tensors for leaf in leaves(structure))
    by_node: dict[int, list[SymbolicTensor]] = {}
    for tensor in interpreter.tensors:
        by_node.setdefault(id(tensor.node), []).append(tensor)
    names: dict[str, list[ast.Name]] | None = None
    for tensors in by_node.values():
        tensor = tensors[0]
        if any(id(tensor) in used for tensor in tensors) or not _is_candidate(tensor):
            continue
        owner = next((models[at] for at in _ancestors(tensor) if at in models), None)
        if owner is None or len(owner.states) != 1:
            continue
        names = _names(tree) if names is None else names
        if not _is_read(tensor, names) and not _is_layer_read(tensor, names):
            message = f"the result {tensor.label} reaches no output of a model"
            yield owner, CodeViolation("unused-layer-call", message, tensor.node, "pass it to the next layer")


def unused_inputs(interpreter: Interpreter, tree: ast.AST) -> Iterator[tuple[ModelValue, CodeViolation]]:
    """A note on each input of a model that no call receives, with the model.

    Only inputs that the program does not use otherwise are reported, such as in a loss.
    """
    received = {id(value) for tensor in interpreter.tensors for value in tensor.inputs}
    names: dict[str, list[ast.Name]] | None = None
    for model in interpreter.models:
        graph = next(_graphs(model), None)
        if graph is None or len(model.states) != 1 or graph.missing or model.trains_itself:
            continue
        used = received.union(map(id, graph.outputs), (id(value) for call in graph.calls for value in call.inputs))
        for value in graph.inputs:
            if id(value) not in used and isinstance(value, KerasCall):
                names = _names(tree) if names is None else names
                if _is_read_only_in(model.node, value, names, tree):
                    message = f"no output depends on {value.label or 'one of its inputs'}"
                    help = "pass it to a layer, or leave it out of the inputs of the model"
                    yield model, CodeViolation("unused-input", message, value.node, help)


def _is_read_only_in(call: ast.AST, value: KerasCall, names: Mapping[str, Sequence[ast.Name]], tree: ast.AST) -> bool:
    """Whether an input is read in a call only, itself or as an item of a list that is read there only."""
    inside = set(map(id, ast.walk(call)))
    if value.label is None:
        return id(value.node) in inside
    lists = {
        id(item): node.targets[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, (ast.List, ast.Tuple))
        for item in node.value.elts
    }
    pending = [value.label]
    for name in pending:
        for node in names.get(name, ()):
            if isinstance(node.ctx, ast.Load) and id(node) not in inside:
                if id(node) not in lists or lists[id(node)] in pending:
                    return False
                pending.append(lists[id(node)])
    return True


def _graphs(model: ModelValue) -> Iterator[FunctionalGraph]:
    for state in model.states:
        if isinstance(state.graph, FunctionalGraph) and state.graph.topology != "unknown" and not state.graph.doubts():
            yield state.graph


def _is_candidate(tensor: SymbolicTensor) -> bool:
    layer = tensor.source
    if not tensor.is_certain or tensor.label is None or not isinstance(layer, KerasCall) or layer.open is not None:
        return False
    return family_of(layer.ref) == "layers" and not any(layer.value(key) for key in _SEVERAL)


def _ancestors(tensor: SymbolicTensor) -> Iterator[int]:
    pending: list[object] = list(tensor.inputs)
    seen: set[int] = set()
    while pending:
        value = pending.pop()
        if id(value) not in seen:
            seen.add(id(value))
            yield id(value)
            pending += value.inputs if isinstance(value, SymbolicTensor) else ()


def _names(tree: ast.AST) -> dict[str, list[ast.Name]]:
    """The uses of each name, in the order of the text."""
    names: dict[str, list[ast.Name]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            names.setdefault(node.id, []).append(node)
    for nodes in names.values():
        nodes.sort(key=lambda node: (node.lineno, node.col_offset))
    return names


def _is_layer_read(tensor: SymbolicTensor, names: Mapping[str, Sequence[ast.Name]]) -> bool:
    """Whether the variable of the layer is read after the call, such as for its `output`."""
    label = tensor.source.label if isinstance(tensor.source, KerasCall) else None
    end = getattr(tensor.node, "end_lineno", 0) or 0
    return any(node.lineno > end and isinstance(node.ctx, ast.Load) for node in names.get(label or "", ()))


def _is_read(tensor: SymbolicTensor, names: Mapping[str, Sequence[ast.Name]]) -> bool:
    """Whether the variable is read before its next assignment."""
    end = getattr(tensor.node, "end_lineno", 0) or 0
    later = [node for node in names.get(tensor.label or "", ()) if node.lineno > end]
    if not later:
        return False
    first = later[0]
    # The value of an assignment follows its target.
    return any(isinstance(node.ctx, ast.Load) for node in later if node.lineno == first.lineno)


def unused_objects(interpreter: Interpreter, tree: ast.AST) -> Iterator[CodeViolation]:
    """A note on each object in a variable that the program, which trains a model, never reads."""
    objects = [
        creation
        for creation in interpreter.training_objects
        if creation.label is not None and not creation.label.startswith("_")
    ]
    if not objects:
        return
    read: set[str] = set()
    # `optimizer="sgd"` is the name of a class, and not that of a variable.
    classes = {
        id(value)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "compile"
        for value in (*call.args, *(keyword.value for keyword in call.keywords))
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            read.add(node.id)
        elif isinstance(node, ast.Attribute):
            read.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in classes:
            # `getattr(module, "name")` and `__all__`.
            read.add(node.value)
    if read & _READS_ANYTHING:
        return
    called = {
        call.method for model in interpreter.models for state in (*model.former, *model.states) for call in state.calls
    }
    for creation in objects:
        kind, methods, help = _KINDS[family_of(creation.ref) or ""]
        if creation.label not in read and not called.isdisjoint(methods):
            message = f"the {kind} {creation.label} is never used"
            yield CodeViolation("unused-object", message, creation.node, help.format(creation.label))
