"""Mistakes of training: in loops of the program's own, and changes of `trainable` that Keras ignores."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from seqspec.programs.graphs.functional_models import graph_layers
from seqspec.programs.keras_api.keras_names import family_of
from seqspec.programs.keras_api.signatures import layer_declaration
from seqspec.programs.layers.fit_data import traits_of
from seqspec.programs.layers.layer_reader import has_weights
from seqspec.programs.source.imported_files import PlaceNames
from seqspec.programs.values.abstract_values import (
    Argument,
    Array,
    CodeViolation,
    Invocation,
    KerasCall,
    ModelValue,
    PartialChange,
    Unknown,
)
from seqspec.programs.values.spans import position
from seqspec.programs.values.tensors import Operation, SymbolicTensor


def trainable_changes(models: Sequence[ModelValue], tree: ast.Module, places: PlaceNames) -> Iterator[CodeViolation]:
    """A note on each value of `trainable` that was assigned too late for the `fit` after it."""
    for model in models:
        if len(model.states) != 1 or model.former or any(doubt.kind != "graph" for doubt in model.states[0].doubts):
            continue
        others = {
            id(layer)
            for other in models
            if other is not model and _is_trained(other)
            for layer in graph_layers(other).owners
        }
        layers = [layer for layer in graph_layers(model).owners if id(layer) not in others and has_weights(layer)]
        first: Invocation | None = None
        collects_once = False
        for call in model.states[0].calls:
            if call.method == "compile":
                first, collects_once = None, call.open is None and call.argument("run_eagerly") is None
            elif first is None:
                first = call
            elif collects_once and not _may_compile(model, first, call, tree):
                yield from _notes(model, layers, first, call, places)


def _notes(
    model: ModelValue, layers: Sequence[KerasCall], first: Invocation, later: Invocation, places: PlaceNames
) -> Iterator[CodeViolation]:
    for layer in layers:
        before, after = first.trainable.get(id(layer)), later.trainable.get(id(layer))
        start = layer.value("trainable") if before is None else getattr(before, "value", None)
        start = True if before is None and layer.argument("trainable") is None else start
        if not isinstance(after, Argument) or not isinstance(start, bool):
            continue
        part = isinstance(after.value, PartialChange)
        value = after.value.assigned if isinstance(after.value, PartialChange) else after.value
        if isinstance(value, bool) and (part or value is not start):
            now, before = (places.name(call.node, position(after.node)[0]) for call in (later, first))
            lines = f"fit ({now}) trains the same weights as in {before}"
            message = f"trainable = {value} has no effect: {lines}"
            yield CodeViolation(
                "trainable-without-compile", message, after.node, f"call {model.expression}.compile before fit"
            )
            return


def _is_trained(model: ModelValue) -> bool:
    """Whether a model is compiled or trained, so that `trainable` may be meant for it."""
    return any(state.calls or state.used for state in model.states)


def _may_compile(model: ModelValue, first: Invocation, later: Invocation, tree: ast.Module) -> bool:
    """Whether code that is not followed may compile a model between two calls, or make Keras collect the weights."""
    names = {*model.names, model.expression}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and "train_function" in node.attr:
            return True
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inside = {id(inner) for inner in ast.walk(node)}
            if (id(first.node) in inside) != (id(later.node) in inside):
                return True
        if isinstance(node, ast.Call) and position(first.node) <= position(node) <= position(later.node):
            arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
            if any(Unknown(argument).text in names for argument in arguments):
                return True
    return False


_WEIGHTS = ("trainable_variables", "trainable_weights", "variables", "weights")


def loop_mistakes(tensors: Sequence[SymbolicTensor], tree: ast.AST) -> Iterator[CodeViolation]:
    """A note on each loss with swapped arguments, and on each call that trains a model without `training=True`."""
    tapes = list(_recorded(tree))
    for tensor in tensors if tapes else ():
        if isinstance(tensor.source, ModelValue):
            yield from _inference(tensor, tensor.source, tapes)
        else:
            yield from _swapped(tensor)


def _swapped(loss: SymbolicTensor) -> Iterator[CodeViolation]:
    source = loss.source
    if isinstance(source, KerasCall):
        name, is_loss = source.ref.name, family_of(source.ref) == "losses"
    elif isinstance(source, Operation):
        name, is_loss = source.name, "losses" in source.path
    else:
        return
    values = {argument.key: argument.value for argument in loss.arguments}
    first, second = values.get(0), values.get(1)
    traits = traits_of({"type": name} if name[:1].isupper() else name)
    if not is_loss or "cross_entropy" not in traits or not isinstance(first, SymbolicTensor):
        return
    if isinstance(first.source, ModelValue) and isinstance(second, (Array, Unknown)):
        labels, output = (Unknown(argument.node).text for argument in (loss.arguments[1], loss.arguments[0]))
        function = Unknown(loss.node.func).text if isinstance(loss.node, ast.Call) else name
        message = f"the labels are the first argument of a loss, but {output} is the output of the model"
        yield CodeViolation("wrong-type", message, loss.node, f"write {function}({labels}, {output})")


def _recorded(tree: ast.AST) -> Iterator[tuple[ast.With, str]]:
    """The blocks `with tf.GradientTape() as tape`, and the text of the variables whose gradients `tape` returns."""
    parents = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.With) or not any(map(_is_tape, node.items)):
            continue
        around: ast.AST = node
        while id(around) in parents and not isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef)):
            around = parents[id(around)]
        calls = (call for call in ast.walk(around) if isinstance(call, ast.Call))
        yield node, " ".join(ast.unparse(call) for call in calls if getattr(call.func, "attr", "") == "gradient")


def _is_tape(item: ast.withitem) -> bool:
    return "GradientTape" in ast.unparse(item.context_expr)


def _inference(
    call: SymbolicTensor, model: ModelValue, tapes: Sequence[tuple[ast.With, str]]
) -> Iterator[CodeViolation]:
    """A note on a call whose gradients train a model that behaves as in inference."""
    node = call.node
    is_plain = isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords
    if not is_plain or model.kind == "subclass" or len(model.states) != 1 or model.states[0].doubts:
        return
    assert isinstance(node, ast.Call)
    name, inputs = Unknown(node.func).text, Unknown(node.args[0]).text
    gradients = [text for tape, text in tapes if any(node is inner for inner in ast.walk(tape))]
    if not any(f"{name}.{weights}" in text for text in gradients for weights in _WEIGHTS):
        return
    layer = next((owner.ref.name for owner in graph_layers(model).owners if _depends_on_training(owner.ref.name)), None)
    if layer is not None:
        message = f"{layer} behaves as in inference: {name} is called without training=True"
        yield CodeViolation("missing-argument", message, node, f"write {name}({inputs}, training=True)", "warning")


def _depends_on_training(name: str) -> bool:
    """Whether a layer does something else in training."""
    declared = layer_declaration(name)[0]
    return name == "BatchNormalization" or (declared is not None and declared.role in ("dropout", "noise"))
