"""`fit_generator` and its relatives as `fit`, `evaluate` and `predict`."""

from __future__ import annotations

import ast
from dataclasses import replace

from seqspec.core.api.diagnostics import Edit
from seqspec.programs.migration.names import Module
from seqspec.programs.source.call_edits import removed_argument
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
