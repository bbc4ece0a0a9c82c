"""Models that another file creates, and those that become estimators of scikit-learn."""

from __future__ import annotations

import ast

from seqspec.programs.keras_api.keras_names import ONLY_IN_COMPILE, ONLY_IN_FIT, family_of, is_input
from seqspec.programs.python.assignments import assign
from seqspec.programs.python.functions import call_function
from seqspec.programs.python.interpreter import Interpreter
from seqspec.programs.values import array_values
from seqspec.programs.values.abstract_values import (
    CREATED_ELSEWHERE,
    Argument,
    Call,
    CodeViolation,
    CustomValue,
    Doubt,
    EarlierLayers,
    FunctionValue,
    KerasCall,
    LayerEntry,
    ModelState,
    ModelValue,
    Ref,
    Unknown,
    iterate,
)
from seqspec.programs.values.tensors import SymbolicTensor

WRAPPERS = ("KerasClassifier", "KerasRegressor")
"""The wrappers of Keras 2 and of scikeras."""

VALIDATIONS = ("cross_val_score", "cross_val_predict", "cross_validate")
"""Functions that train an estimator on parts of the samples."""

WRAPPED = "wrapped"
"""The method of the samples that a wrapper passes to its model."""


def wrapper(interpreter: Interpreter, ref: Ref, call: Call) -> CustomValue:
    """The estimator that a wrapper creates, with the model that its function returns."""
    estimator = CustomValue(ref.name, call.node)
    built = call.argument(0, "build_fn", "model")
    if built is None:
        return estimator
    if isinstance(built.value, ModelValue) and isinstance(built.node, ast.Call) and built.key != "model":
        message = f"{ref.name} is given a model, not the function that creates it: {Unknown(built.node).text}"
        help = f"write build_fn={Unknown(built.node.func).text}"
        if ref.is_keras:
            interpreter.notes.append(CodeViolation("wrong-type", message, built.node, help))
    elif isinstance(built.value, FunctionValue) and not isinstance(built.value.node, ast.Lambda) and call.open is None:
        names = {parameter.arg for parameter in (*built.value.node.args.args, *built.value.node.args.kwonlyargs)}
        arguments = [argument for argument in call.arguments if argument.key in names]
        model = call_function(interpreter, built.value, arguments, call.node)
        interpreter.journal.set_attribute(estimator, "fitted", Argument("model", model, call.node))
    return estimator


def wrapped_samples(interpreter: Interpreter, estimator: object, samples: Argument | None) -> None:
    """Records the samples that an estimator passes to its model; it may encode the labels first."""
    if not isinstance(estimator, CustomValue) or estimator.name not in WRAPPERS or estimator.fitted is None:
        return
    model = estimator.fitted.value
    if isinstance(model, ModelValue) and samples is not None:
        samples.value = array_values.as_array(samples.value, samples.node)
        states = tuple(state.copy(data=(*state.data, (WRAPPED, samples))) for state in model.states)
        interpreter.journal.set_attribute(model, "states", states)


def external_model(interpreter: Interpreter, call: Call) -> ModelValue | None:
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
    model = ModelValue(call.node, Ref(("keras", "models", "Model"), "keras"))
    model.kind = "external"
    model.add_name(holder.id if isinstance(holder, ast.Name) else holder.attr, Unknown(holder).text)
    interpreter.begin_model(model, ModelState(doubts=(Doubt("external", call.node, CREATED_ELSEWHERE),)))
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
        return not keys.isdisjoint(ONLY_IN_COMPILE)
    if method not in ("fit", "fit_generator"):
        return False
    callbacks = iterate(call.value("callbacks")) or ()
    known = [
        callback for callback in callbacks if isinstance(callback, KerasCall) and family_of(callback.ref) == "callbacks"
    ]
    return not keys.isdisjoint(ONLY_IN_FIT) or bool(known)


def continued_model(interpreter: Interpreter, call: Call) -> ModelValue | None:
    """The model to which code adds layers without creating it, as posted code does; None for any other call."""
    function, layer = call.node.func, call.value(0, "layer")
    if not isinstance(function, ast.Attribute) or function.attr != "add" or call.env is None:
        return None
    holder = function.value
    if not isinstance(holder, ast.Name) or call.env.holder(holder.id) is not None:
        return None
    is_layer = isinstance(layer, KerasCall) and (is_input(layer) or family_of(layer.ref) in ("layers", "applications"))
    if not is_layer and not (isinstance(layer, SymbolicTensor) and isinstance(layer.source, KerasCall)):
        return None
    model = ModelValue(call.node, Ref(("keras", "models", "Sequential"), "keras"))
    model.add_name(holder.id)
    earlier = () if _begins_model(layer) else (LayerEntry(EarlierLayers(call.node), call.node),)
    interpreter.begin_model(model, ModelState(earlier))
    assign(interpreter, holder, model, call.env)
    return model


_INPUT_ARGUMENTS = ("input_shape", "input_dim", "batch_input_shape", "batch_shape")


def _begins_model(layer: object) -> bool:
    """Whether a layer declares an input, as only the first one does."""
    return isinstance(layer, KerasCall) and (
        is_input(layer)
        or layer.ref.name in ("InputLayer", "Embedding")
        or family_of(layer.ref) == "applications"
        or layer.argument(*_INPUT_ARGUMENTS) is not None
    )
