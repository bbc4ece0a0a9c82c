"""Other spellings of a value: a layer or an object by its name, in shorthand, or as a table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lsprotocol import types

from seqspec.catalog.objects import Family
from seqspec.diagnostics.tree_fix import set_value
from seqspec.diagnostics.violation import Path, Violation
from seqspec.fixes.shorthand import kind_of
from seqspec.language.names import snake_case
from seqspec.language.shorthand import read_call
from seqspec.language.shorthand_edit import long_form, with_argument
from seqspec.lsp.code_actions.refactoring import Refactoring
from seqspec.lsp.code_actions.request import CodeActionRequest
from seqspec.syntax.edit.style import RawLiteral
from seqspec.syntax.edit.trees import CannotEdit

KIND = types.CodeActionKind.RefactorRewrite.value

_OUTSIDE = ("vars", "custom", "override")
"""Where a value is not known to be an object of some kind."""


def rewrite(asked: CodeActionRequest) -> Iterator[Refactoring]:
    """The layer or the object at the cursor in its other spelling."""
    if asked.inner is None or asked.inner[0][0] in _OUTSIDE:
        return
    path = asked.inner[0]
    value = asked.source.at(path)
    if path[-1] == "type" and isinstance(asked.source.at(path[:-1]), dict):
        path, value = path[:-1], asked.source.at(path[:-1])
    try:
        if isinstance(value, str) and "$" not in value:
            yield from _put(asked, "Convert to a table", path, _table(path, value))
        elif isinstance(value, dict) and isinstance(value.get("type"), str) and asked.source.spelled(path):
            kind = kind_of(path)
            title = "Convert to a name" if len(value) == 1 else "Convert to shorthand"
            yield from _put(asked, title, path, _name(value) if kind is None else _shorthand(kind, value))
    except (CannotEdit, Violation):
        return


def _put(asked: CodeActionRequest, title: str, path: Path, value: object) -> Iterator[Refactoring]:
    yield Refactoring(title, KIND, asked.source.changed([set_value(path, value)]), spelling=True)


def _table(path: Path, text: str) -> dict[str, Any]:
    kind = kind_of(path)
    if kind is None:
        return {"type": text}
    call = read_call(text)
    found = kind.typed(call.name)
    if found is None:
        raise CannotEdit(f"{text} has no table")
    names = list(found.model_fields)
    table = long_form(call, found.__name__, names)
    for key, value in table.items():
        place = call.place_of(key, names)
        if place is not None and _is_number(text[slice(*place)], value):
            # 1e-3 stays what it is.
            table[key] = RawLiteral(text[slice(*place)])
    return table


def _is_number(words: str, value: object) -> bool:
    """Whether TOML and JSON have the same words for a number."""
    try:
        return isinstance(value, (int, float)) and json.loads(words) == value
    except ValueError:
        return False


def _name(table: Mapping[str, object]) -> str:
    if len(table) > 1:
        raise CannotEdit("a bare name has no arguments")
    return str(table["type"])


def _shorthand(kind: Family, table: dict[str, Any]) -> str:
    word = table["type"]
    found = kind.typed(word)
    if found is None:
        raise CannotEdit(f"{word} has no shorthand")
    spellings = (word.lower(), snake_case(word), word)
    text = next((each for each in spellings if kind.typed(each) is found and kind.named(each) is not None), word)
    names = list(found.model_fields)
    for key, value in table.items():
        if key == "type":
            continue
        new = with_argument(text, key, value, names)
        if new is None or "$" in new:
            raise CannotEdit(f"shorthand cannot express {key}")
        text = new
    return text
