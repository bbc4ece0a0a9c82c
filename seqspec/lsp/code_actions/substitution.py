"""Values instead of references: as the language replaces them, but with what the author wrote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from seqspec.diagnostics.violation import Violation
from seqspec.language.references import Reference, Text, read_text
from seqspec.language.symbols.scopes import Binders
from seqspec.language.variables import names_in
from seqspec.syntax.edit.trees import MISSING, CannotEdit

Find = Callable[[Reference], Any]
"""The value that a reference's name stands for, as written; `MISSING` for a reference that stays."""


def in_text(text: str, find: Find) -> object:
    """A string with references replaced; the value itself where the string is one reference. Raises `CannotEdit`."""
    read = _read(text)
    if read.whole:
        reference = read.references[0]
        value = find(reference)
        return text if value is MISSING else taken(value, reference.takes)
    out: list[str] = []
    at = 0
    for reference in read.references:
        value = find(reference)
        if value is not MISSING:
            out += (text[at : reference.start], _word(taken(value, reference.takes)))
            at = reference.end
    return "".join(out) + text[at:]


def taken(value: object, takes: Sequence[int | slice]) -> Any:
    """What a reference takes from a value; where that is a reference itself, one that takes more."""
    for number, take in enumerate(takes):
        if isinstance(value, str):
            return _further(value, takes[number:])
        if not isinstance(value, list):
            raise CannotEdit("the value cannot be indexed")
        try:
            value = value[take]
        except IndexError:
            raise CannotEdit("index out of range") from None
    return value


def _further(text: str, takes: Sequence[int | slice]) -> str:
    read = _read(text) if "$" in text else None
    if read is None or not read.whole:
        raise CannotEdit("the value cannot be indexed")
    reference = read.references[0]
    return "$" + _words(reference.name, (*reference.takes, *takes))


def _words(name: str, takes: Sequence[int | slice]) -> str:
    return name + "".join(f"[{_bounds(take)}]" if isinstance(take, slice) else f"[{take}]" for take in takes)


def _bounds(take: slice) -> str:
    return f"{'' if take.start is None else take.start}:{'' if take.stop is None else take.stop}"


def _word(value: object) -> str:
    """A value as a part of a longer string."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if not isinstance(value, str):
        raise CannotEdit("the value cannot be inserted into a string")
    read = _read(value) if "$" in value else None
    if read is not None and read.whole:
        reference = read.references[0]
        return f"${{{_words(reference.name, reference.takes)}}}"
    return value


def _read(text: str) -> Text:
    try:
        return read_text(text)
    except Violation as violation:
        raise CannotEdit(violation.message) from None


def check_names(value: object, there: Binders, here: Binders) -> None:
    """Raises `CannotEdit` where a value refers to something that its names do not mean at another place."""
    for name in names_in(value):
        if name not in here or there.get(name) != here[name]:
            raise CannotEdit(f"{name} is something else there")
