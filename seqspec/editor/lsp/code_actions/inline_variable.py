"""`Inline variable`: replaces references to a variable by its value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsprotocol import types

from seqspec.core.api.diagnostics import Path, remove
from seqspec.core.api.language import Reference, names_in
from seqspec.core.api.syntax import MISSING, CannotEdit, TextEdit
from seqspec.editor.lsp.bound_references import BoundReference, bound_references
from seqspec.editor.lsp.code_actions.refactoring import Refactoring
from seqspec.editor.lsp.code_actions.request import CodeActionRequest, EditableSource
from seqspec.editor.lsp.code_actions.substitution import check_names, in_text
from seqspec.editor.lsp.completion_context import string_inside

KIND = types.CodeActionKind.RefactorInline.value


def inline_variable(request: CodeActionRequest) -> Iterator[Refactoring]:
    """Inlines the variable at the cursor, everywhere or at this reference only."""
    if request.inner is None:
        return
    path, anchor = request.inner
    text = request.source.at(path)
    declared = str(path[1]) if path[0] == "vars" and len(path) > 1 else None
    used = anchor == "value" and isinstance(text, str) and "$" in text
    if declared is None and not used:
        return
    every = list(bound_references(request.source.tree, request.variables))
    here = [mention for mention in every if mention.path == path and _at(request, mention)] if used else []
    for mention in here:
        name = mention.reference.name
        if mention.binder == ("vars", name) and name not in request.snapshot.declared.searched:
            yield from _everywhere(request, name, every)
            yield from _here(request, mention)
    if declared is not None and declared not in request.snapshot.declared.searched:
        yield from _everywhere(request, declared, every)


def _at(request: CodeActionRequest, mention: BoundReference) -> bool:
    if mention.read.is_reference:
        return True
    source = request.source
    inside = string_inside(source.document, *source.place(mention.path), request.start)
    return inside is not None and mention.reference.start <= inside <= mention.reference.end


def _everywhere(request: CodeActionRequest, name: str, every: Sequence[BoundReference]) -> Iterator[Refactoring]:
    source = request.source
    mine = [mention for mention in every if mention.binder == ("vars", name)]
    variables = source.tree.get("vars")
    if not mine or not isinstance(variables, dict) or name not in variables:
        return
    if any(mention.path[:2] == ("vars", name) for mention in mine):
        return
    by_place: dict[Path, list[BoundReference]] = {}
    for mention in mine:
        by_place.setdefault(mention.path, []).append(mention)
    path: Path = ("vars", name) if len(variables) > 1 else ("vars",)
    try:
        edits = [_replaced(request, name, here) for here in by_place.values()]
        edits += source.changed([remove(path)])
    except CannotEdit:
        return
    yield Refactoring(f"Inline variable {name}", KIND, edits)


def _here(request: CodeActionRequest, mention: BoundReference) -> Iterator[Refactoring]:
    name = mention.reference.name
    try:
        edit = _replaced(request, name, [mention])
    except CannotEdit:
        return
    yield Refactoring(f"Inline this use of {name}", KIND, [edit])


def _replaced(request: CodeActionRequest, name: str, here: Sequence[BoundReference]) -> TextEdit:
    """The edit that replaces references to a variable in one string. Raises `CannotEdit`."""
    source = request.source
    value = request.snapshot.declared.variables[name]
    first = here[0]
    check_names(value, first.names, request.variables)
    if first.path[0] == "vars" and first.path[1] in set(names_in(value)):
        raise CannotEdit("the variable would be recursive")
    places = [(mention.reference.start, mention.reference.end) for mention in here]

    def find(reference: Reference) -> object:
        return value if (reference.start, reference.end) in places else MISSING

    new = in_text(first.text, find)
    start, end = source.place(first.path)
    spelling = _as_written(source, name, first.reference) if first.read.is_reference else None
    return TextEdit(start, end, spelling or source.style.in_place_of(source.text[start:end], new))


def _as_written(source: EditableSource, name: str, reference: Reference) -> str | None:
    """The text of the value that a reference selects from a variable of this document."""
    path: Path = ("vars", name)
    for subscript in reference.subscripts:
        items = source.at(path)
        if isinstance(subscript, slice) or not isinstance(items, list):
            return None
        path = (*path, subscript % len(items))
    return None if source.at(path) is MISSING else source.spelled(path)
