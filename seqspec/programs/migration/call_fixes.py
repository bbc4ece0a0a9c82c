"""Calls of older Keras as those of Keras 3: `fit_generator` and its relatives, and `input_shape` as `keras.Input`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from seqspec.core.api.diagnostics import Edit
from seqspec.programs.migration.names import Module, receiver_text
from seqspec.programs.source.edits import removed_argument
from seqspec.programs.values.spans import keyword_span, span_of, text_of

_ORDER = {
    "fit_generator": (
        "x", "steps_per_epoch", "epochs", "verbose", "callbacks", "validation_data", "validation_steps",
        "validation_freq", "class_weight",
    ),
    "evaluate_generator": ("x", "steps", "callbacks"),
    "predict_generator": ("x", "steps", "callbacks"),
}  # fmt: skip
"""The arguments by position, under the names that `fit`, `evaluate` and `predict` have for them."""

_RENAMED = {"generator": "x", "nb_epoch": "epochs"}
_SAMPLES = {"samples_per_epoch": "steps_per_epoch", "nb_val_samples": "validation_steps", "val_samples": "steps"}
"""Arguments of Keras 1 that count samples, and those that count batches."""

_GONE = frozenset("max_queue_size max_q_size workers nb_worker use_multiprocessing pickle_safe wait_time".split())


def fit_from_generator(call: ast.Call, method: str, module: Module, lines: list[str]) -> tuple[Edit, ...] | None:
    """The edits of the arguments of a call; None if it is not clear what they mean."""
    order = _ORDER[method]
    if len(call.args) > len(order) or any(isinstance(argument, ast.Starred) for argument in call.args):
        return None
    edits = []
    for name, argument in list(zip(order, call.args))[1:]:
        span = span_of(argument, lines)
        edits.append(Edit(replace(span, end_line=span.line, end_column=span.column), f"{name}="))
    for keyword in call.keywords:
        if keyword.arg in _RENAMED:
            edits.append(Edit(keyword_span(keyword, lines), _RENAMED[keyword.arg]))
        elif keyword.arg in _GONE:
            edits.append(removed_argument(call, keyword, lines))
        elif keyword.arg in _SAMPLES:
            data = "validation_data" if keyword.arg == "nb_val_samples" else None
            size = _batch_size(call, data, module, lines)
            if size is None:
                return None
            samples = text_of(keyword.value, lines)
            if not isinstance(keyword.value, (ast.Name, ast.Attribute, ast.Constant, ast.Call, ast.Subscript)):
                samples = f"({samples})"
            edits.append(Edit(span_of(keyword, lines), f"{_SAMPLES[keyword.arg]}={samples} // {size}"))
    return tuple(edits)


def _batch_size(call: ast.Call, data: str | None, module: Module, lines: list[str]) -> str | None:
    """The text of the batch size of a generator, if the call that makes it has it."""
    source: ast.expr | None = call.args[0] if call.args and data is None else None
    for keyword in call.keywords:
        if keyword.arg == (data or "generator"):
            source = keyword.value
    if isinstance(source, ast.Name):
        values = module.values.get(source.id, ())
        source = values[0] if len(values) == 1 else None
    if not isinstance(source, ast.Call):
        return None
    size = next((keyword.value for keyword in source.keywords if keyword.arg == "batch_size"), None)
    return text_of(size, lines) if isinstance(size, (ast.Name, ast.Constant, ast.Attribute)) else None


class InsertionPoint(NamedTuple):
    """Where a layer is added to a model.

    Attributes:
        node: The statement `model.add(layer)`, or the layer in a list.
        model: The text of the model; None in a list.
        is_first: Whether it is the first layer of the model.
    """

    node: ast.AST
    model: str | None
    is_first: bool


def places(module: Module) -> dict[int, InsertionPoint]:
    """The places of the layers of Sequential models, by the identities of the calls that create them."""
    places_by_layer: dict[int, InsertionPoint] = {}
    for call in module.calls:
        name = module.resolve(call.func)
        if name is not None and name.path.endswith("Sequential") and call.args and isinstance(call.args[0], ast.List):
            for index, layer in enumerate(call.args[0].elts):
                places_by_layer[id(layer)] = InsertionPoint(layer, None, index == 0)
    for body in _bodies(module.tree):
        started: dict[str, bool] = {}
        for statement in body:
            if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
                name = module.resolve(statement.value.func)
                target = receiver_text(statement.targets[0])
                if target is not None and name is not None and name.path.endswith("Sequential"):
                    started[target] = bool(statement.value.args)
            elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
                _add(statement, statement.value, started, places_by_layer)
            else:
                # It may add layers.
                started.clear()
    return places_by_layer


def _add(
    statement: ast.Expr, call: ast.Call, started: dict[str, bool], places_by_layer: dict[int, InsertionPoint]
) -> None:
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "add" or len(call.args) != 1:
        return
    model = receiver_text(call.func.value)
    if model is not None and model in started:
        places_by_layer[id(call.args[0])] = InsertionPoint(statement, model, not started[model])
        started[model] = True


def _bodies(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            body = getattr(node, field, None)
            if isinstance(body, list) and body:
                yield body


def input_edits(
    call: ast.Call, keyword: ast.keyword, place: InsertionPoint, path: str, lines: list[str]
) -> list[Edit] | None:
    """The edits that move the input shape out of a layer; None if the rank of the input is not clear.

    Args:
        call: The layer.
        keyword: Its argument.
        place: Where it is added to the model.
        path: How the program writes `keras.Input`.
        lines: The lines of the program.
    """
    others = {keyword.arg for keyword in call.keywords}
    if {"input_length", "batch_size", "dtype", "input_dtype", "input_shape", "input_dim"} & (others - {keyword.arg}):
        return None
    removed = removed_argument(call, keyword, lines)
    if not place.is_first:
        return [removed]
    kind = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    text = text_of(keyword.value, lines)
    if keyword.arg == "input_dim" and kind != "Dense":
        return None
    if keyword.arg == "input_dim" or (isinstance(keyword.value, ast.Constant) and type(keyword.value.value) is int):
        text = f"({text},)"
    argument = "batch_shape" if keyword.arg == "batch_input_shape" else "shape"
    new_input = f"{path}({argument}={text})"
    span = span_of(place.node, lines)
    at = replace(span, end_line=span.line, end_column=span.column)
    before = lines[span.line - 1][: span.column - 1]
    separator = f"\n{before}" if not before.strip() else " "
    if place.model is None:
        return [Edit(at, f"{new_input},{separator}"), removed]
    if before.strip():
        return None
    return [Edit(at, f"{place.model}.add({new_input}){separator}"), removed]
