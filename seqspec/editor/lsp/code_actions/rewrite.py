"""`Rewrite`: converts a layer or object between name, shorthand and table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from lsprotocol import types

from seqspec.core.api.catalog import Family
from seqspec.core.api.check import kind_of
from seqspec.core.api.diagnostics import Path, Violation, set_value
from seqspec.core.api.language import read_call, snake_case, table_form, with_argument
from seqspec.core.api.syntax import CannotEdit, RawLiteral, Tree
from seqspec.editor.lsp.code_actions.refactoring import Refactoring
from seqspec.editor.lsp.code_actions.request import CodeActionRequest

KIND = types.CodeActionKind.RefactorRewrite.value

_OUTSIDE = ("vars", "custom", "override")
"""Keys under which a value is not an object of a known family."""


def rewrite(request: CodeActionRequest) -> Iterator[Refactoring]:
    """Converts the layer or object at the cursor."""
    if request.inner is None or request.inner[0][0] in _OUTSIDE:
        return
    path = request.inner[0]
    value = request.source.at(path)
    if path[-1] == "type" and isinstance(request.source.at(path[:-1]), dict):
        path, value = path[:-1], request.source.at(path[:-1])
    try:
        if isinstance(value, str) and "$" not in value:
            yield from _put(request, "Convert to a table", path, _table(path, value))
        elif isinstance(value, dict) and isinstance(value.get("type"), str) and request.source.spelled(path):
            kind = kind_of(path)
            title = "Convert to a name" if len(value) == 1 else "Convert to shorthand"
            yield from _put(request, title, path, _name(value) if kind is None else _shorthand(kind, value))
    except (CannotEdit, Violation):
        return


def _put(request: CodeActionRequest, title: str, path: Path, value: object) -> Iterator[Refactoring]:
    yield Refactoring(title, KIND, request.source.changed([set_value(path, value)]), spelling=True)


def _table(path: Path, text: str) -> dict[str, object]:
    kind = kind_of(path)
    if kind is None:
        return {"type": text}
    call = read_call(text)
    declared = kind.class_named(call.name)
    if declared is None:
        raise CannotEdit(f"{text} has no table")
    names = list(declared.model_fields)
    table = table_form(call, declared.__name__, names)
    for key, value in table.items():
        value_range = call.place_of(key, names)
        if value_range is not None and _is_number(text[slice(*value_range)], value):
            # 1e-3 keeps its spelling.
            table[key] = RawLiteral(text[slice(*value_range)])
    return table


def _is_number(spelling: str, value: object) -> bool:
    """Whether a text is a number literal in TOML and JSON."""
    try:
        return isinstance(value, (int, float)) and json.loads(spelling) == value
    except ValueError:
        return False


def _name(table: Mapping[str, object]) -> str:
    if len(table) > 1:
        raise CannotEdit("a bare name has no arguments")
    return str(table["type"])


def _shorthand(kind: Family, table: Tree) -> str:
    name = table["type"]
    declared = kind.class_named(name)
    if declared is None:
        raise CannotEdit(f"{name} has no shorthand")
    spellings = (name.lower(), snake_case(name), name)
    fitting = (
        spelling
        for spelling in spellings
        if kind.class_named(spelling) is declared and kind.named(spelling) is not None
    )
    text = next(fitting, name)
    names = list(declared.model_fields)
    for key, value in table.items():
        if key == "type":
            continue
        new = with_argument(text, key, value, names)
        if new is None or "$" in new:
            raise CannotEdit(f"shorthand cannot express {key}")
        text = new
    return text
