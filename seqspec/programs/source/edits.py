"""Fixes as edits of the text of a program, and of the JSON text of a notebook."""

from __future__ import annotations

import ast
import json
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from seqspec.core.api.diagnostics import (
    Diagnostic,
    Edit,
    Fix,
    Path,
    Span,
    TreeFix,
    Violation,
    rename,
    set_value,
    value_at,
)
from seqspec.core.api.messages import PYTHON, Message, fmt, join
from seqspec.programs.layers.program_model import ProgramModel
from seqspec.programs.source.program_source import NotebookCell
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
    if isinstance(fix.title, Message):
        return fix.describe(PYTHON)
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


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]', re.S)
_CHARACTER = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.S)

_COLON = re.compile(r"\s*:")
_SOURCES = ("source", "input")

Part = tuple[int, int]
"""The start and end of the characters of a JSON string, without quotes."""


class NotebookEdits:
    """Places of the code of a notebook in its text.

    Args:
        text: The JSON text.
        cells: The cells with code, in the order of the file.
    """

    def __init__(self, text: str, cells: list[NotebookCell]) -> None:
        self._text = text
        self._cells = cells
        self._offsets: dict[int, list[int] | None] = {}

    def moved(self, diagnostic: Diagnostic) -> Diagnostic:
        """A finding whose fix edits the file."""
        return diagnostic if diagnostic.fix is None else replace(diagnostic, fix=self.fix(diagnostic.fix))

    def fix(self, fix: Fix) -> Fix | None:
        """A fix of the code as a fix of the file; None if a place of it is not in a cell."""
        moved = [self._edit(edit) for edit in fix.edits]
        edits = tuple(edit for edit in moved if edit is not None)
        return replace(fix, edits=edits) if len(edits) == len(moved) else None

    def _edit(self, edit: Edit) -> Edit | None:
        span = edit.span
        start = self._offset(span.line, span.column)
        end = self._offset(span.end_line, span.end_column)
        if start is None or end is None:
            return None
        if (span.line, span.column) == (span.end_line, span.end_column):
            end = start
        parts = [json.dumps(part, ensure_ascii=False)[1:-1] for part in edit.text.split("\n")]
        return Edit(self._span(start, end), f"\\n{self._separator(span.line)}".join(parts))

    def _separator(self, line: int) -> str:
        """What is between the strings of a cell with one string per line; empty for a cell with one string."""
        source = self._sources[bisect_right([cell.line for cell in self._cells], line) - 1]
        return self._text[source[0][1] : source[1][0]] if len(source) > 1 else ""

    def _span(self, start: int, end: int) -> Span:
        line, last = bisect_right(self._line_starts, start), bisect_right(self._line_starts, end)
        return Span(line, start - self._line_starts[line - 1] + 1, last, end - self._line_starts[last - 1] + 1)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self._text))]

    def _offset(self, line: int, column: int) -> int | None:
        """The offset in the text of a place of the code; None outside of the cells."""
        index = bisect_right([cell.line for cell in self._cells], line) - 1
        if index < 0 or index >= len(self._sources):
            return None
        if index not in self._offsets:
            self._offsets[index] = self._characters(index)
        characters = self._offsets[index]
        if characters is None:
            return None
        lines = self._code(index).split("\n")
        row = line - self._cells[index].line
        if row >= len(lines):
            return None
        position = sum(len(line) + 1 for line in lines[:row]) + column - 1
        return characters[position] if position < len(characters) else None

    def _code(self, index: int) -> str:
        return "".join(json.loads(f'"{self._text[start:end]}"') for start, end in self._sources[index])

    def _characters(self, index: int) -> list[int] | None:
        """The offset of each character of a cell, and of its end; None if it has line ends that are read as others."""
        offsets: list[int] = []
        end = 0
        for start, stop in self._sources[index]:
            offsets += [start + match.start() for match in _CHARACTER.finditer(self._text[start:stop])]
            end = stop
        code = self._code(index)
        return [*offsets, end] if "\r" not in code and len(code) == len(offsets) else None

    @cached_property
    def _sources(self) -> list[list[Part]]:
        """The strings of the source of each cell with code."""
        return [source for kind, source in _cell_sources(self._text) if kind == "code"]


def _cell_sources(text: str) -> list[tuple[str | None, list[Part]]]:
    """The type of each cell and the strings of its source, in the order of the file."""
    cells: list[tuple[str | None, list[Part]]] = []
    path: list[str | None] = []
    key: str | None = None
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in "{[":
            path.append(key)
            key = None
            if token == "{" and path[-2:] == ["cells", None]:
                cells.append((None, []))
        elif token in "}]":
            path.pop()
            key = None
        elif token[0] == '"' and _COLON.match(text, match.end()):
            key = json.loads(token)
        elif token[0] == '"' and cells:
            part = match.start() + 1, match.end() - 1
            if path[-2:] == ["cells", None] and key == "cell_type":
                cells[-1] = json.loads(token), cells[-1][1]
            elif (path[-2:] == ["cells", None] and key in _SOURCES) or (
                path[-3:-1] == ["cells", None] and path[-1] in _SOURCES
            ):
                cells[-1][1].append(part)
    return cells
