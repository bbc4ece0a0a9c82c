"""Substitutes references by values as written."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from seqspec.core.diagnostics.violation import Violation
from seqspec.core.language.references import ParsedText, Reference, read_text
from seqspec.core.language.variables import names_in
from seqspec.core.syntax.edit.trees import MISSING, CannotEdit
from seqspec.editor.lsp.bound_references import Binders

Find = Callable[[Reference], object]
"""Returns the value of the name of a reference as written; `MISSING` for a reference that stays."""


def in_text(text: str, find: Find) -> object:
    """A string with references replaced; the value itself for a whole reference. Raises `CannotEdit`."""
    read = _read(text)
    if read.is_reference:
        reference = read.references[0]
        value = find(reference)
        return text if value is MISSING else apply_subscripts(value, reference.subscripts)
    out: list[str] = []
    at = 0
    for reference in read.references:
        value = find(reference)
        if value is not MISSING:
            out += (text[at : reference.start], _word(apply_subscripts(value, reference.subscripts)))
            at = reference.end
    return "".join(out) + text[at:]


def apply_subscripts(value: object, subscripts: Sequence[int | slice]) -> object:
    """The value that indices and slices select; for a reference, a reference with more indices."""
    for number, subscript in enumerate(subscripts):
        if isinstance(value, str):
            return _with_subscripts(value, subscripts[number:])
        if not isinstance(value, list):
            raise CannotEdit("the value cannot be indexed")
        try:
            value = value[subscript]
        except IndexError:
            raise CannotEdit("index out of range") from None
    return value


def _with_subscripts(text: str, subscripts: Sequence[int | slice]) -> str:
    read = _read(text) if "$" in text else None
    if read is None or not read.is_reference:
        raise CannotEdit("the value cannot be indexed")
    reference = read.references[0]
    return "$" + _reference_text(reference.name, (*reference.subscripts, *subscripts))


def _reference_text(name: str, subscripts: Sequence[int | slice]) -> str:
    return name + "".join(
        f"[{_slice_text(subscript)}]" if isinstance(subscript, slice) else f"[{subscript}]" for subscript in subscripts
    )


def _slice_text(subscript: slice) -> str:
    return f"{'' if subscript.start is None else subscript.start}:{'' if subscript.stop is None else subscript.stop}"


def _word(value: object) -> str:
    """The text of a value inside a longer string."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if not isinstance(value, str):
        raise CannotEdit("the value cannot be inserted into a string")
    read = _read(value) if "$" in value else None
    if read is not None and read.is_reference:
        reference = read.references[0]
        return f"${{{_reference_text(reference.name, reference.subscripts)}}}"
    return value


def _read(text: str) -> ParsedText:
    try:
        return read_text(text)
    except Violation as violation:
        raise CannotEdit(violation.message) from None


def check_names(value: object, there: Binders, here: Binders) -> None:
    """Raises `CannotEdit` if a reference in a value has another meaning at the new place."""
    for name in names_in(value):
        if name not in here or there.get(name) != here[name]:
            raise CannotEdit(f"{name} is something else there")
