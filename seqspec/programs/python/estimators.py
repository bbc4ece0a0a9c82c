"""Wrappers that make a model an estimator of scikit-learn: `KerasClassifier(build_fn=create_model)`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from seqspec.programs.python.functions import call_function
from seqspec.programs.values import array_values
from seqspec.programs.values.abstract_values import (
    Argument,
    Call,
    CodeViolation,
    CustomValue,
    FunctionValue,
    ModelValue,
    Ref,
    Unknown,
)

if TYPE_CHECKING:
    from seqspec.programs.python.interpreter import Interpreter

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
