"""Changes of `trainable` between two calls of `fit` without a call of `compile`, which Keras ignores."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from seqspec.programs.graphs.functional_models import graph_layers
from seqspec.programs.layers.layer_reader import has_weights
from seqspec.programs.source.imported_files import PlaceNames
from seqspec.programs.values.abstract_values import (
    Argument,
    CodeViolation,
    Invocation,
    KerasCall,
    ModelValue,
    PartialChange,
    Unknown,
)
from seqspec.programs.values.spans import position


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
