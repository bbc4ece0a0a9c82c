"""Fixes of findings in a program, as exact edits of its text: only literals in the call can be changed."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from seqspec.core.api.diagnostics import Edit, Fix, Path, TreeFix, Violation, rename, set_value, value_at
from seqspec.core.api.messages import PYTHON, Message, fmt, join
from seqspec.programs.layers.program_model import ProgramModel
from seqspec.programs.values.abstract_values import is_integer
from seqspec.programs.values.generation import KerasGeneration
from seqspec.programs.values.spans import keyword_span, span_of

_FRACTION = re.compile(r"-?\d+(\.\d+)?/\d+(\.\d+)?")
"""A quotient, which is a string in a spec and an expression in a program."""


_KERAS_1_NAMES = frozenset(("activation", "loss", "metrics", "momentum", "shuffle", "validation_split"))
"""Arguments that fixes add, and that had the same name in Keras 1."""


class ProgramFixes:
    """Makes the fixes of the findings of one model."""

    def __init__(self, tree: Mapping[str, object], model: ProgramModel, lines: list[str]) -> None:
        self._tree = tree
        self._model = model
        self._lines = lines

    def of(self, violations: Sequence[Violation]) -> Fix | None:
        """The fix of a finding; None if it would change something that the call does not contain literally.

        `violations` are the same mistake in every layer that the call creates.
        """
        fix = tree_fix(violations[0], self._tree)
        if fix is None or len(fix.changes) != 1:
            return None
        action, path, value = fix.changes[0]
        if action == "set":
            edit = self._set(path, value)
        elif action == "rename":
            edit = self._rename(path, value)
        elif action == "remove":
            edit = self._remove(path)
        else:
            edit = None
        if edit is None or self._creates_other_layers(path, [v.path for v in violations]):
            return None
        return Fix(describe_fix(fix, self._tree, self._model) or fix.describe(PYTHON), (edit,), False)

    def help(self, violation: Violation) -> str | None:
        """The code that fixes a violation; None if it is not short."""
        return describe_fix(tree_fix(violation, self._tree), self._tree, self._model)

    def _creates_other_layers(self, path: Path, met: Sequence[Path]) -> bool:
        """Whether the call also creates layers without this finding."""
        node = self._model.values.get(path[:3])
        if path[:2] != ("model", "layers") or len(path) < 3:
            return False
        layers = {own[:3] for own, other in self._model.values.items() if other is node and len(own) == 3}
        return bool(layers - {path[:3], *(own[:3] for own in met)})

    def _set(self, path: Path, value: object) -> Edit | None:
        text = literal(_argument_value(self._model, path, value))
        node = self._model.values.get(path)
        if text is None:
            return None
        if node is not None:
            return self._replace_literal(node, text) if _is_literal(node) else None
        call = self._model.values.get(path[:-1])
        if not isinstance(call, ast.Call) or not isinstance(path[-1], str):
            return None
        if self._model.generation == KerasGeneration.KERAS_1 and path[-1] not in _KERAS_1_NAMES:
            return None
        return added_argument(call, f"{path[-1]}={text}", self._lines)

    def _replace_literal(self, node: ast.AST, text: str) -> Edit:
        """The edit that replaces a literal; a string keeps the quotes of the program."""
        span = span_of(node, self._lines)
        literal = self._lines[span.line - 1][span.column - 1 :]
        if literal.startswith("'") and text.startswith('"') and "'" not in text:
            text = f"'{text[1:-1]}'"
        return Edit(span, text)

    def _rename(self, path: Path, key: str) -> Edit | None:
        keyword = self._model.keys.get(path)
        return Edit(keyword_span(keyword, self._lines), key) if keyword is not None else None

    def _remove(self, path: Path) -> Edit | None:
        """The edit that removes a keyword argument from a call; layers are not removed."""
        keyword = self._model.keys.get(path)
        call = self._model.values.get(path[:-1])
        if keyword is None or not isinstance(call, ast.Call) or keyword not in call.keywords:
            return None
        return removed_argument(call, keyword, self._lines)


def added_argument(call: ast.Call, argument: str, lines: list[str]) -> Edit:
    """The edit that adds an argument at the end of a call."""
    whole = span_of(call, lines)
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    if not arguments:
        at = replace(whole, line=whole.end_line, column=whole.end_column - 1, end_column=whole.end_column - 1)
        return Edit(at, argument)
    last = max((span_of(node, lines) for node in arguments), key=lambda s: (s.end_line, s.end_column))
    at = replace(last, line=last.end_line, column=last.end_column)
    return Edit(at, f", {argument}")


def removed_argument(call: ast.Call, keyword: ast.keyword, lines: list[str]) -> Edit:
    """The edit that removes a keyword argument from a call."""
    arguments: list[ast.AST] = [*call.args, *call.keywords]
    index = arguments.index(keyword)
    span = span_of(keyword, lines)
    if index > 0:
        before = span_of(arguments[index - 1], lines)
        return Edit(replace(span, line=before.end_line, column=before.end_column), "")
    if len(arguments) > 1:
        after = span_of(arguments[1], lines)
        return Edit(replace(span, end_line=after.line, end_column=after.column), "")
    return Edit(span, "")


def tree_fix(violation: Violation, tree: Mapping[str, object]) -> TreeFix | None:
    """The fix of a violation as a change of the tree: its own, or the suggested word."""
    if violation.fix is not None or violation.suggestion is None or violation.location is not None:
        return violation.fix
    path = violation.path
    if violation.anchor == "key":
        return TreeFix("", (rename(path, violation.suggestion),))
    value: object = value_at(tree, path)
    if not isinstance(value, str):
        return None
    start, end = violation.string_range or (0, len(value))
    return TreeFix("", (set_value(path, value[:start] + violation.suggestion + value[end:]),))


def describe_fix(fix: TreeFix | None, tree: Mapping[str, object], model: ProgramModel) -> str | None:
    """The label of a fix with Python code: `write Dense(10, activation="softmax")`; None if it is too long."""
    if fix is None or len(fix.changes) != 1:
        return None
    action, path, value = fix.changes[0]
    if action == "rename":
        return f"write {value}"
    if action == "remove" and isinstance(path[-1], str):
        return f"remove {path[-1]}"
    if action == "remove":
        entry: object = value_at(tree, path)
        return f"remove {entry.get('type', 'it') if isinstance(entry, dict) else entry or 'it'}"
    keyword = model.keys.get(path)
    name = keyword.arg if keyword is not None else "shape" if path == ("model", "input") else path[-1]
    text = literal(_argument_value(model, path, value))
    if action == "insert":
        constructor = _constructor_call(value)
        return f"add {constructor}" if constructor is not None else None
    if text is None:
        constructor = _constructor_call(value)
        return f"write {name}={constructor}" if constructor is not None and isinstance(name, str) else None
    if path[-1] == "type":
        return f"write {value}"
    return Message(f"write {name}=" if isinstance(name, str) else "write ", text)


def _argument_value(model: ProgramModel, path: Path, value: object) -> object:
    """A value as the argument at its path takes it: `input_dim` is the last size of the shape."""
    keyword = model.keys.get(path)
    if keyword is not None and keyword.arg == "input_dim" and isinstance(value, (list, tuple)) and value:
        return value[-1]
    return value


def literal(value: object) -> str | None:
    """A value as a Python literal; None for an object or a literal that is too long."""
    if isinstance(value, str) and _FRACTION.fullmatch(value):
        return value
    if isinstance(value, str):
        return f'"{value}"' if value.isprintable() and '"' not in value and "\\" not in value else repr(value)
    if is_integer(value):
        return Message(value)
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    if isinstance(value, (list, tuple)) and len(value) < 10:
        items = [literal(item) for item in value]
        if any(item is None for item in items):
            return None
        return fmt("({}{}", join(", ", items), ",)" if len(items) == 1 else ")")
    return None


def _constructor_call(value: object) -> str | None:
    """An object or layer of a spec as a call of its class."""
    if isinstance(value, str):
        return f"{value}()" if value[:1].isupper() else f'"{value}"'
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        return None
    arguments = []
    for key, item in value.items():
        if key == "type":
            continue
        text = literal(item) if not isinstance(item, dict) else _constructor_call(item)
        if text is None:
            return None
        arguments.append(f"{key}={text}")
    return f"{value['type']}({', '.join(arguments)})"


def _is_literal(node: ast.AST) -> bool:
    """Whether a value is a literal where it is used."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    if isinstance(node, (ast.Tuple, ast.List)):
        return all(map(_is_literal, node.elts))
    return isinstance(node, ast.Constant)
