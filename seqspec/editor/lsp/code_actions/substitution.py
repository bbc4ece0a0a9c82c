"""Substitutes references by values as written, also in the copies of an entry that `for` and `repeat` make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from seqspec.core.api.diagnostics import Path, Violation
from seqspec.core.api.language import Expansion, ParsedText, Reference, names_in, read_text
from seqspec.core.api.syntax import MISSING, CannotEdit, at_path
from seqspec.editor.lsp.bound_references import Binders, BoundReference
from seqspec.editor.lsp.code_actions.request import CodeActionRequest

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


_MAX_LAYERS = 200
"""The maximum number of layers that replace one entry."""


class BoundValue(NamedTuple):
    """The value of a name as written, and the names that are visible in it."""

    value: object
    names: Binders


def repeat_count(entry: Mapping[str, object], layers: int, rounds: int) -> int:
    """The number of repetitions of each round. Raises `CannotEdit` for too many layers."""
    count = entry.get("repeat", 1)
    if type(count) is not int or not 0 < count * layers * rounds <= _MAX_LAYERS:
        raise CannotEdit("there are too many layers, or none")
    return count


def loop_rounds(request: CodeActionRequest, entry: Mapping[str, object], names: Binders) -> list[dict[str, BoundValue]]:
    """The names and values of each round of `for`; a single empty round without `for`. Raises `CannotEdit`."""
    if "for" not in entry:
        return [{}]
    table = entry["for"]
    if not isinstance(table, dict):
        raise CannotEdit("the names are not known")
    lengths = {name: _length(request, value, names) for name, value in table.items()}
    different = {length for length in lengths.values() if length is not None}
    if len(different) != 1:
        raise CannotEdit("unknown number of copies")
    return [
        {
            name: BoundValue(value if lengths[name] is None else apply_subscripts(value, (number,)), names)
            for name, value in table.items()
        }
        for number in range(different.pop())
    ]


def _length(request: CodeActionRequest, value: object, names: Binders) -> int | None:
    """The number of elements of a list, also of one in a variable; None for any other value."""
    declared = request.snapshot.declared
    variables = declared.variables

    def find(reference: Reference) -> object:
        if reference.name in declared.searched:
            raise CannotEdit("a search sets the list, with other lengths")
        if names.get(reference.name) != ("vars", reference.name):
            raise CannotEdit("a list has no length here")
        return variables[reference.name]

    for _ in range(len(variables) + 1):
        if not isinstance(value, str) or "$" not in value:
            break
        value = in_text(value, find)
    return len(value) if isinstance(value, list) else None


def with_bound_values(
    here: list[BoundReference], bound: Mapping[str, BoundValue], binder: Path, there: Binders
) -> object:
    """A string with the names that are declared below a path replaced; `MISSING` without such names.

    Raises `CannotEdit` if a name has another meaning at the new place.

    Args:
        here: The references in the string.
        bound: The values of the names.
        binder: The path of the declaration of the names.
        there: The names that are visible at the new place.
    """
    values: dict[tuple[int, int], object] = {}
    for mention in here:
        name = mention.reference.name
        if mention.binder is None or (mention.binder == ("vars", name) and there.get(name) != mention.binder):
            raise CannotEdit(f"{name} is something else there")
        if mention.binder == (*binder, name):
            check_names(bound[name].value, there, bound[name].names)
            values[mention.reference.start, mention.reference.end] = bound[name].value
    if not values:
        return MISSING
    return in_text(here[0].text, lambda reference: values.get((reference.start, reference.end), MISSING))


def expanded_layers(expansion: Expansion, path: Path) -> list[object]:
    """The resulting layers of an entry of the model's list; empty for an entry of another list."""
    if path[:-1] != ("model", "layers"):
        return []
    layers = []
    for number, layer in enumerate(at_path(expansion.tree, ("model", "layers"))):
        origin = expansion.origin(("model", "layers", number))
        steps = [(origin.document, origin.path), *((step.document, step.path) for step in origin.via)]
        if (expansion.document, path) in steps:
            layers.append(layer)
    return layers


def expanded_name(entry: object, layer: object) -> str | None:
    """The name of a copy in the model, if it differs from the name as written."""
    if not isinstance(entry, dict) or not isinstance(layer, dict):
        return None
    name, new = entry.get("name"), layer.get("name")
    return new if isinstance(name, str) and isinstance(new, str) and "$" not in name and new != name else None
