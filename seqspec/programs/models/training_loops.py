"""Mistakes in training loops of the program's own: `GradientTape`, and losses that are called."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from seqspec.programs.graphs.functional_models import graph_layers
from seqspec.programs.keras_api.keras_names import family_of
from seqspec.programs.keras_api.signatures import layer_declaration
from seqspec.programs.layers.fit_data import traits_of
from seqspec.programs.values.abstract_values import Array, CodeViolation, KerasCall, ModelValue, Unknown
from seqspec.programs.values.tensors import Operation, SymbolicTensor

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
