"""`input_shape`, `input_dim` and `batch_input_shape` of the first layer as `keras.Input` before it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from seqspec.core.api.diagnostics import Edit
from seqspec.programs.migration.names import Module
from seqspec.programs.migration.receivers import receiver_text
from seqspec.programs.source.call_edits import removed_argument
from seqspec.programs.values.spans import span_of, text_of


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
