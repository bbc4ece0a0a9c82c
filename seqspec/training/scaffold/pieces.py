"""The tables of a spec that all kinds of data have, as lines of TOML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from seqspec.core.api.messages import quote_value
from seqspec.training.scaffold.task import Task
from seqspec.training.scaffold.text import comment, header, layer_name, model_name, toml

if TYPE_CHECKING:
    from seqspec.training.scaffold.options import ScaffoldOptions


_SIZES = ((1_000, (32,)), (20_000, (64, 32)), (200_000, (128, 64)), (None, (256, 128)))
"""Rows below which a table gets these hidden layers."""
_DROPOUT_ROWS = 20_000
_WIDE = 50
"""Values of an input from which on weights are regularized, and learn for longer."""
_FEW_ROWS = 1_000
"""Rows below which larger steps make up for the few of an epoch."""
_BATCHES = ((500, 8), (1_000, 16), (20_000, 64), (200_000, 256), (None, 1024))


OF_POSITIVE = "precision, recall, threshold and average precision"
"""What is computed of the second of two classes."""


def spec_text(options: ScaffoldOptions, model: Sequence[str], *tables: Sequence[str]) -> str:
    """A spec: the lines of `[model]` after its name, then those of the other tables."""
    head = [header(options.command()), "seqspec = 1", "", "[model]", f"name = {toml(model_name(options.data))}", *model]
    parts = (head, *tables, ("[runtime]", "seed = 7"))
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def model_lines(input: str, layers: Iterable[str]) -> list[str]:
    """The input and the layers of `[model]`."""
    return [f"input = {input}", "layers = [", *(f"  {layer}" for layer in layers), "]"]


def hidden_layers(rows: int, width: int = 0) -> list[str]:
    """The layers before the last one, for a number of rows and of values of the input."""
    sizes = hidden_units(rows)
    penalty = ', kernel_regularizer = "l2(1e-3)"' if is_wide(width) else ""
    layers = [f'{{ type = "Dense", units = {units}, activation = "relu"{penalty} }}' for units in sizes]
    if rows < _DROPOUT_ROWS:
        layers.insert(1, '{ type = "Dropout", rate = 0.2 }')
    return layers


def last_layer(task: Task, label: str, kernel: str | None = None) -> str:
    """The layer that outputs the prediction; `kernel` is the initializer of its weights, as TOML."""
    activation = {"binary": "sigmoid", "multiclass": "softmax"}.get(task.kind)
    shown = "" if activation is None else f', activation = "{activation}"'
    initializer = "" if kernel is None else f", kernel_initializer = {kernel}"
    return f'{{ type = "Dense", units = {task.units}{shown}, name = {toml(layer_name(label))}{initializer} }}'


def target_lines(task: Task) -> list[str]:
    """The table `[target]`."""
    lines = ["[target]", f"kind = {toml(task.kind)}"]
    if task.names is not None:
        positive = ""
        if task.positive is not None:
            positive = f"  # {comment(f'{OF_POSITIVE} are of {quote_value(task.positive, typed=False)}')}"
        lines.append(f"names = {toml(task.names)}{positive}")
    if task.kind == "multiclass":
        lines.append(f"classes = {task.classes}")
    if task.one_hot or (task.kind == "multiclass" and task.unbalanced):
        lines.append('encoding = "one_hot"' + ("" if task.one_hot else "  # for the macro F1"))
    if task.kind == "regression" and task.classes > 1:
        lines.append(f"shape = [{task.classes}]")
    if task.scale is not None:
        lines.append(f"scale = {toml(task.scale)}  # in training; predictions and metrics are in the unit of the label")
    if task.unit is not None:
        lines.append(f"unit = {toml(task.unit)}  # beside the numbers of the file")
    return lines


def training_lines(
    task: Task, rows: int, validated: bool = True, batch: int | None = None, rate: str | None = None, width: int = 0
) -> list[str]:
    """The tables `[compile]` and `[fit]`; without a validation set the number of epochs is fixed.

    The batch size and the learning rate follow from the number of rows unless they are arguments.
    """
    epochs, patience = (100, 12) if is_wide(width) else (60, 8)
    batch = batch or next(size for limit, size in _BATCHES if limit is None or rows < limit)
    table = compile_lines(task, rate or ("3e-3" if rows < _FEW_ROWS else "1e-3"))
    lines = [*table, "", "[fit]", f"epochs = {epochs if validated else 20}", f"batch_size = {batch}"]
    if validated:
        early = f'{{ type = "EarlyStopping", patience = {patience}, restore_best_weights = true }}'
        lines.append(f"callbacks = [{early}]")
    if task.rare:
        lines.append(CLASS_WEIGHT)
    return lines


CLASS_WEIGHT = 'class_weight = "balanced"  # a class is rare; probabilities are not calibrated with weights'


def compile_lines(task: Task, rate: str = "1e-3", regression_loss: str = "mse") -> list[str]:
    """The table `[compile]`."""
    if task.kind == "binary":
        loss, metrics = "binary_crossentropy", ['"AUC"', '"accuracy"']
        if task.unbalanced:
            metrics += ['"Precision"', '"Recall"']
    elif task.kind == "multiclass":
        loss, metrics = "sparse_categorical_crossentropy", ['"accuracy"']
        if task.unbalanced or task.one_hot:
            loss = "categorical_crossentropy"
        if task.unbalanced:
            metrics.append('{ type = "F1Score", average = "macro" }')
    else:
        loss, metrics = regression_loss, ['"mae"']
    return ["[compile]", f'optimizer = "adam({rate})"', f"loss = {toml(loss)}", f"metrics = [{', '.join(metrics)}]"]


def is_wide(width: int) -> bool:
    """Whether an input has so many values that its weights are regularized."""
    return width >= _WIDE


def hidden_units(rows: int) -> tuple[int, ...]:
    """The units of the hidden layers, for a number of rows: a rule of thumb."""
    return next(sizes for limit, sizes in _SIZES if limit is None or rows < limit)


def parameters(width: int, rows: int, units: int) -> int:
    """The parameters of the layers of a table."""
    sizes = (width, *hidden_units(rows), units)
    return sum((before + 1) * after for before, after in pairwise(sizes))
