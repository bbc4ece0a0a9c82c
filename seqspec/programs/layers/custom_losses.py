"""Mistakes in the losses of a program that its code shows, whatever the shapes are."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from seqspec.programs.values.abstract_values import Note

_ASYMMETRIC = (
    "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy", "kl_divergence",
    "kullback_leibler_divergence", "mean_absolute_percentage_error", "poisson",
)  # fmt: skip
"""Losses of Keras whose value is another one if labels and predictions change places."""


def loss_mistakes(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Note]:
    """The mistakes in a function that is passed as loss: it takes labels and predictions."""
    names = [each.arg for each in function.args.args[:2]]
    if len(names) < 2 or function.args.args[0].arg == "self":
        return
    labels, predictions = names
    nodes = list(ast.walk(function))
    if any(isinstance(node, ast.Name) and node.id in names and isinstance(node.ctx, ast.Store) for node in nodes):
        return
    for node in nodes:
        if isinstance(node, ast.Call) and [_name(argument) for argument in node.args[:2]] == [predictions, labels]:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else _name(node.func)
            if name in _ASYMMETRIC:
                message = f"{name} takes the labels first, got {predictions} and {labels}"
                yield Note("class", message, node, f"write {name}({labels}, {predictions})", "bad-custom", "warning")
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=int(index))) if name in names:
                message = f"{name}[{index}] is sample {index} of the batch, not an output"
                yield Note("class", message, node, f"write {name}[:, {index}]", "bad-custom", "warning")


def _name(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else None
