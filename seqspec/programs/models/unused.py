"""What a program creates and never uses: results of layers, inputs, optimizers and callbacks."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from seqspec.programs.graphs.functional_models import FunctionalGraph, leaves
from seqspec.programs.keras_api.keras_names import family_of
from seqspec.programs.python.interpreter import Interpreter
from seqspec.programs.values.abstract_values import CodeViolation, KerasCall, ModelValue
from seqspec.programs.values.tensors import SymbolicTensor

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
