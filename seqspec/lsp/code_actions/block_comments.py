"""The copies that an entry of a list of layers stands for: what `for` binds in each, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from seqspec.diagnostics.violation import Path
from seqspec.language.expand import Expansion
from seqspec.language.references import Reference
from seqspec.language.symbols.scopes import Binders, BoundReference
from seqspec.lsp.code_actions.request import CodeActionRequest
from seqspec.lsp.code_actions.substitution import check_names, in_text, taken
from seqspec.syntax.edit.trees import MISSING, CannotEdit, at_path

_MAX_LAYERS = 200
"""The most layers that take the place of one entry."""


class Given(NamedTuple):
    """The value of a name as it is written, and the names that it may refer to."""

    value: Any
    names: Binders


def repetitions(entry: Mapping[str, object], layers: int, rounds: int) -> int:
    """How often each round of some layers is repeated. Raises `CannotEdit` for what no one wants to read."""
    count = entry.get("repeat", 1)
    if type(count) is not int or not 0 < count * layers * rounds <= _MAX_LAYERS:
        raise CannotEdit("there are too many layers, or none")
    return count


def rounds_of(asked: CodeActionRequest, entry: Mapping[str, object], names: Binders) -> list[dict[str, Given]]:
    """The names and values of each round of `for`; one without any if there are none. Raises `CannotEdit`."""
    if "for" not in entry:
        return [{}]
    table = entry["for"]
    if not isinstance(table, dict):
        raise CannotEdit("the names are not known")
    lengths = {name: _length(asked, value, names) for name, value in table.items()}
    different = {length for length in lengths.values() if length is not None}
    if len(different) != 1:
        raise CannotEdit("unknown number of copies")
    return [
        {
            name: Given(value if lengths[name] is None else taken(value, (number,)), names)
            for name, value in table.items()
        }
        for number in range(different.pop())
    ]


def _length(asked: CodeActionRequest, value: object, names: Binders) -> int | None:
    """The number of elements of a list, one that a variable holds too; None for any other value."""
    variables = asked.snapshot.declared.variables

    def find(reference: Reference) -> object:
        if names.get(reference.name) != ("vars", reference.name):
            raise CannotEdit("a list has no length here")
        return variables[reference.name]

    for _ in range(len(variables) + 1):
        if not isinstance(value, str) or "$" not in value:
            break
        value = in_text(value, find)
    return len(value) if isinstance(value, list) else None


def bound(here: list[BoundReference], given: Mapping[str, Given], binder: Path, there: Binders) -> Any:
    """A string in which the names that are declared below a path have their values; `MISSING` where it has none.

    Raises `CannotEdit` where a name means something else at the new place.

    Args:
        here: The references in the string.
        given: The values of the names.
        binder: Where the names are declared.
        there: What can be referred to where the string will be.
    """
    values: dict[tuple[int, int], object] = {}
    for mention in here:
        name = mention.reference.name
        if mention.binder is None or (mention.binder == ("vars", name) and there.get(name) != mention.binder):
            raise CannotEdit(f"{name} is something else there")
        if mention.binder == (*binder, name):
            check_names(given[name].value, there, given[name].names)
            values[mention.reference.start, mention.reference.end] = given[name].value
    if not values:
        return MISSING
    return in_text(here[0].text, lambda reference: values.get((reference.start, reference.end), MISSING))


def made_of(expansion: Expansion, path: Path) -> list[Any]:
    """The layers of the model that an entry of its list became; empty for an entry of another list."""
    if path[:-1] != ("model", "layers"):
        return []
    found = []
    for number, layer in enumerate(at_path(expansion.tree, ("model", "layers"))):
        origin = expansion.origin(("model", "layers", number))
        steps = [(origin.document, origin.path), *((step.document, step.path) for step in origin.via)]
        if (expansion.document, path) in steps:
            found.append(layer)
    return found


def name_made(entry: object, layer: object) -> str | None:
    """The name that a copy of a layer has in the model, where it is another than is written."""
    if not isinstance(entry, dict) or not isinstance(layer, dict):
        return None
    name, new = entry.get("name"), layer.get("name")
    return new if isinstance(name, str) and isinstance(new, str) and "$" not in name and new != name else None
