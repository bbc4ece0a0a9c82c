"""`Extract variable`: replaces the value of an argument by a reference to a new variable."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from seqspec.core.api.diagnostics import Path
from seqspec.core.api.language import is_variable_name, names_in
from seqspec.core.api.syntax import CannotEdit, TextEdit, equal_trees
from seqspec.editor.lsp.bound_references import Binders, names_of, unused_name, values
from seqspec.editor.lsp.code_actions import declare
from seqspec.editor.lsp.code_actions.refactoring import Refactoring
from seqspec.editor.lsp.code_actions.request import CodeActionRequest

KIND = types.CodeActionKind.RefactorExtract.value

_NO_VALUES = ("type", "use", "custom", "kind", "layers", "name")
"""Keys that tag a table, which are not extracted."""


def extract_variable(request: CodeActionRequest) -> Iterator[Refactoring]:
    """Extracts the value at the cursor; a second action also replaces all equal values of the key."""
    path = _selected(request)
    if path is None:
        return
    by_path = {
        value_path: (value, names) for value_path, value, names in values(request.source.tree, request.variables)
    }
    if path not in by_path or not _can_be_variable(path, *by_path[path], request.variables):
        return
    value = by_path[path][0]
    key = next(key for key in reversed(path) if isinstance(key, str))
    name = unused_name(key if is_variable_name(key) else "value", names_of(request.source.tree, request.variables))
    yield from _extracted(request, "Extract variable", name, [path])
    if isinstance(path[-1], int):
        return
    equal = [path] + [
        value_path
        for value_path, (other, names) in by_path.items()
        if value_path != path
        and value_path[-1] == key
        and equal_trees(other, value)
        and _can_be_variable(value_path, other, names, request.variables)
        and not request.source.may_comment(value_path)
    ]
    if len(equal) > 1:
        yield from _extracted(request, f"Extract variable ({len(equal)} places)", name, equal)


def _selected(request: CodeActionRequest) -> Path | None:
    """The value of an argument at the cursor; an item of a list only if exactly that is selected."""
    if request.inner is None or request.inner[1] != "value":
        return None
    path = request.inner[0]
    if isinstance(path[-1], int):
        start, end = request.source.place(path)
        if request.start == request.end or (request.start, request.end) != (start, end):
            path = path[:-1]
    return path


def _can_be_variable(path: Path, value: object, names: Binders, variables: Binders) -> bool:
    keys = [key for key in path if isinstance(key, str)]
    if len(path) < 2 or path[0] == "vars" or keys[-1] in _NO_VALUES or (path[0] == "blocks" and len(path) < 4):
        return False
    if isinstance(value, list):
        return bool(value) and all(names.get(name) == variables.get(name, ()) for name in names_in(value))
    return isinstance(value, (bool, int, float)) or (isinstance(value, str) and "$" not in value)


def _extracted(request: CodeActionRequest, title: str, name: str, at: list[Path]) -> Iterator[Refactoring]:
    source = request.source
    try:
        if any(source.kind(path) not in ("scalar", "array") for path in at):
            raise CannotEdit("a list of tables has no place of its own")
        spelling = source.spelled(at[0])
        if spelling is None:
            # In TOML, a list may have several lines and comments.
            several = source.syntax.has_comments
            spelling = source.moved(*source.place(at[0]), "") if several else source.spell(source.at(at[0]))
        edits = [TextEdit(*source.place(path), source.spell(f"${name}")) for path in at]
        edits += declare.variable(source, name, spelling)
    except CannotEdit:
        return
    yield Refactoring(title, KIND, edits)
