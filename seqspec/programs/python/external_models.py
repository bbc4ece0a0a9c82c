"""Models that another file creates, of which a program shows only the calls of `compile` and `fit`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from seqspec.programs.keras_api.keras_names import family_of
from seqspec.programs.python.assignments import assign
from seqspec.programs.values.abstract_values import Call, Doubt, KerasCall, Model, ModelState, Ref, Unknown, iterate

if TYPE_CHECKING:
    from seqspec.programs.python.interpreter import Interpreter

_COMPILE = frozenset(("loss", "optimizer", "metrics"))
_FIT = frozenset(
    "epochs nb_epoch initial_epoch steps_per_epoch samples_per_epoch validation_data validation_split "
    "validation_steps".split()
)
"""Arguments that only `fit` of Keras has."""


def external_model(interpreter: Interpreter, call: Call) -> Model | None:
    """The model of unknown layers on which `compile` or `fit` of Keras is called; None for any other call."""
    function = call.node.func
    if not isinstance(function, ast.Attribute) or not _is_of_keras(function.attr, call):
        return None
    holder = function.value
    if call.env is None or not isinstance(holder, (ast.Name, ast.Attribute)):
        return None
    if not isinstance(interpreter.evaluate(holder, call.env), Unknown):
        return None
    if function.attr == "compile" and _returns_another(interpreter.tree_of(call.node), call.node, holder):
        return None
    model = Model(call.node, Ref(("keras", "models", "Model"), "keras"))
    model.kind = "external"
    model.add_name(holder.id if isinstance(holder, ast.Name) else holder.attr, Unknown(holder).text)
    doubt = Doubt("external", call.node, "the model is created neither in this file nor in one that it imports")
    interpreter.begin_model(model, ModelState().copy(doubts=(doubt,)))
    assign(interpreter, holder, model, call.env)
    return model


def _returns_another(tree: ast.Module, call: ast.Call, holder: ast.expr) -> bool:
    """Whether a program uses what `compile` returns as another object: that of Keras returns nothing."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and node.value is call:
            return all(ast.unparse(target) != ast.unparse(holder) for target in node.targets)
    return False


def _is_of_keras(method: str, call: Call) -> bool:
    keys = {argument.key for argument in call.arguments}
    if method == "compile":
        return not keys.isdisjoint(_COMPILE)
    if method not in ("fit", "fit_generator"):
        return False
    callbacks = iterate(call.value("callbacks")) or ()
    known = [each for each in callbacks if isinstance(each, KerasCall) and family_of(each.ref) == "callbacks"]
    return not keys.isdisjoint(_FIT) or bool(known)
