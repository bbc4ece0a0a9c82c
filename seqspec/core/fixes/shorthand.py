"""Applies tree edits to values that are written as one string: bare layer names and shorthand."""

from __future__ import annotations

from seqspec.core.catalog.objects import (
    ACTIVATION,
    CALLBACK,
    CONSTRAINT,
    INITIALIZER,
    LOSS,
    METRIC,
    OPTIMIZER,
    REGULARIZER,
    SCHEDULE,
    Family,
)
from seqspec.core.diagnostics.tree_fix import TreeEdit
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.language.keys import INNER_LAYER_KEYS
from seqspec.core.syntax.edit.trees import CannotEdit, at_path

_KINDS = {
    "activation": ACTIVATION,
    "initializer": INITIALIZER,
    "regularizer": REGULARIZER,
    "constraint": CONSTRAINT,
    "optimizer": OPTIMIZER,
    "loss": LOSS,
    "metrics": METRIC,
    "callbacks": CALLBACK,
    "rate": SCHEDULE,
}
"""The family of objects of an argument, by the last word of its name."""


def through_text(tree: object, change: TreeEdit, length: int) -> TreeEdit:
    """Converts an edit of an argument within a string, at the first `length` keys of the path, to one of the string.

    Raises `CannotEdit` if neither the string nor a table can express it.
    """
    path, rest = change.path[:length], change.path[length:]
    text = at_path(tree, path)
    if len(rest) != 1 or not isinstance(rest[0], str):
        raise CannotEdit("no such position in the string")
    key = rest[0]
    kind = kind_of(path)
    if kind is None:
        if change.action != "set":
            raise CannotEdit("a bare name has no arguments")
        return TreeEdit("set", path, {"type": text, key: change.value})
    try:
        return TreeEdit("set", path, _object(kind, text, change, key))
    except Violation as violation:
        raise CannotEdit(violation.message) from None


def _object(kind: Family, text: str, change: TreeEdit, key: str) -> object:
    from seqspec.core.language.shorthand import read_call
    from seqspec.core.language.shorthand_edit import table_form, with_argument, with_name, without_argument

    call = read_call(text)
    declared = kind.class_named(call.name)
    if declared is None:
        raise CannotEdit(f"{call.name} accepts no arguments")
    names = list(declared.model_fields)
    new: object = None
    if change.action == "rename":
        new = with_name(text, key, change.value)
    elif change.action == "remove":
        new = without_argument(text, key, names)
    elif change.action == "set":
        new = with_argument(text, key, change.value, names)
        if new is None:
            new = {**table_form(call, declared.__name__, names), key: change.value}
    if new is None:
        raise CannotEdit(f"{text} cannot be edited this way")
    return new


def kind_of(path: Path) -> Family | None:
    """The family that the string at a path is read as; None for a layer. Raises `CannotEdit` for any other path."""
    names = [key for key in path if isinstance(key, str)]
    last = names[-1]
    if last in INNER_LAYER_KEYS:
        return None
    kind = _KINDS.get(last.rpartition("_")[2])
    if kind is None:
        raise CannotEdit(f"{last} does not accept an object")
    return kind
