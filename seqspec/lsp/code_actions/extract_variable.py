"""`Extract variable`: an argument's value becomes a variable, and a reference to it is in its place."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from seqspec.diagnostics.violation import Path
from seqspec.language.references import is_name
from seqspec.language.symbols.scopes import Binders, names_of, unused_name, values
from seqspec.language.variables import names_in
from seqspec.lsp.code_actions import declare
from seqspec.lsp.code_actions.refactoring import Refactoring
from seqspec.lsp.code_actions.request import CodeActionRequest
from seqspec.syntax.edit.pieces import TextEdit
from seqspec.syntax.edit.trees import CannotEdit
from seqspec.syntax.form.nodes import same

KIND = types.CodeActionKind.RefactorExtract.value

_NO_VALUES = ("type", "use", "custom", "kind", "layers", "name")
"""Keys whose values say what something is, which a variable would only hide."""


def extract_variable(asked: CodeActionRequest) -> Iterator[Refactoring]:
    """The value at the cursor as a variable; in a second action all equal values of its key."""
    path = _selected(asked)
    if path is None:
        return
    known = {place: (value, names) for place, value, names in values(asked.source.tree, asked.variables)}
    if path not in known or not _can_be_variable(path, *known[path], asked.variables):
        return
    value = known[path][0]
    key = next(key for key in reversed(path) if isinstance(key, str))
    name = unused_name(key if is_name(key) else "value", names_of(asked.source.tree, asked.variables))
    yield from _extracted(asked, "Extract variable", name, [path])
    if isinstance(path[-1], int):
        return
    equal = [path] + [
        place
        for place, (other, names) in known.items()
        if place != path
        and place[-1] == key
        and same(other, value)
        and _can_be_variable(place, other, names, asked.variables)
        and not asked.source.may_comment(place)
    ]
    if len(equal) > 1:
        yield from _extracted(asked, f"Extract variable ({len(equal)} places)", name, equal)


def _selected(asked: CodeActionRequest) -> Path | None:
    """The value of an argument at the cursor; an item of a list only where just that is selected."""
    if asked.inner is None or asked.inner[1] != "value":
        return None
    path = asked.inner[0]
    if isinstance(path[-1], int):
        start, end = asked.source.place(path)
        if asked.start == asked.end or (asked.start, asked.end) != (start, end):
            path = path[:-1]
    return path


def _can_be_variable(path: Path, value: object, names: Binders, variables: Binders) -> bool:
    keys = [key for key in path if isinstance(key, str)]
    if len(path) < 2 or path[0] == "vars" or keys[-1] in _NO_VALUES or (path[0] == "blocks" and len(path) < 4):
        return False
    if isinstance(value, list):
        return bool(value) and all(names.get(name) == variables.get(name, ()) for name in names_in(value))
    return isinstance(value, (bool, int, float)) or (isinstance(value, str) and "$" not in value)


def _extracted(asked: CodeActionRequest, title: str, name: str, at: list[Path]) -> Iterator[Refactoring]:
    source = asked.source
    try:
        if any(source.kind(path) not in ("scalar", "array") for path in at):
            raise CannotEdit("a list of tables has no place of its own")
        words = source.spelled(at[0])
        if words is None:
            # In TOML a list may go over several lines, with comments in it.
            several = source.format == "toml"
            words = source.moved(*source.place(at[0]), "") if several else source.spell(source.at(at[0]))
        edits = [TextEdit(*source.place(path), source.spell(f"${name}")) for path in at]
        edits += declare.variable(source, name, words)
    except CannotEdit:
        return
    yield Refactoring(title, KIND, edits)
