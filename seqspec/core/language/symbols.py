"""The declarations of a document, and the scoping rules of references to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from seqspec.core.language.keys import (
    NESTED_LAYER_KEYS,
    REPETITION_KEYS,
    RESERVED_PARAMETERS,
    WITHOUT_REFERENCES,
    is_extension_key,
)

CLASS_KIND = "layer"
"""The default kind of a custom class."""


class DeclaredSymbols:
    """The declarations of a document; invalid ones are ignored.

    Args:
        tree: The document with those that it extends merged into it.

    Attributes:
        variables: The variables with their values.
        blocks: The blocks.
        classes: The tables of the custom classes.
        searched: The variables that `[search.space]` sets, so that their values here are one of several.
    """

    def __init__(self, tree: Mapping[str, object]) -> None:
        self.tree = tree
        self.variables = _named(tree, "vars")
        self.blocks = _tables(tree, "blocks")
        self.classes = _tables(tree, "custom")
        self.searched = frozenset(table_of(table_of(table_of(tree, "search"), "space"), "vars"))

    def block_layers(self, name: str) -> list[object]:
        """The layers of a block; empty if it has no list of layers."""
        layers = self.blocks.get(name, {}).get("layers")
        return layers if isinstance(layers, list) else []

    def parameters(self, name: str) -> dict[str, object]:
        """The parameters of a block with their defaults."""
        block = self.blocks.get(name, {})
        return {key: value for key, value in _named(block, "params").items() if key not in RESERVED_PARAMETERS}

    def classes_of(self, kind: str) -> list[str]:
        """The names of the classes that are declared as a `"layer"`, a `"loss"`, ..."""
        return [name for name, table in self.classes.items() if table.get("kind", CLASS_KIND) == kind]

    def class_arguments(self, name: object) -> tuple[Mapping[str, object], list[str]]:
        """The JSON Schemas of the arguments of a class, and the required ones."""
        table = self.classes.get(name) if isinstance(name, str) else None
        schema = table_of(table or {}, "args")
        required = schema.get("required")
        names = [key for key in required if isinstance(key, str)] if isinstance(required, list) else []
        return table_of(schema, "properties"), names

    def layer_names(self) -> list[str]:
        """The names of all named layers of the model, including nested ones."""
        return list(dict.fromkeys(name for name, _ in named_layers(table_of(self.tree, "model").get("layers"))))


def named_layers(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Every named layer in a list of layers, with its path."""
    if isinstance(value, list):
        for index, entry in enumerate(value):
            yield from named_layers(entry, (*path, index))
    elif isinstance(value, Mapping):
        if isinstance(value.get("name"), str):
            yield value["name"], path
        for key in ("layers", *NESTED_LAYER_KEYS):
            if key in value:
                yield from named_layers(value[key], (*path, key))


def table_of(tree: Mapping[str, object], key: str) -> Mapping[str, object]:
    """The table of a key; an empty one without it."""
    table = tree.get(key)
    return table if isinstance(table, Mapping) else {}


def _named(tree: Mapping[str, object], key: str) -> dict[str, object]:
    return {name: value for name, value in table_of(tree, key).items() if not is_extension_key(name)}


def _tables(tree: Mapping[str, object], key: str) -> dict[str, Mapping[str, object]]:
    return {name: value for name, value in _named(tree, key).items() if isinstance(value, Mapping)}


PlaceT = TypeVar("PlaceT")
Child = Callable[[PlaceT, object, Any], PlaceT]


class LexicalScope(Generic[PlaceT]):
    """The names that are visible at a place.

    Attributes:
        variables: The variables of the document with the places of their declarations.
        block: The block whose layers are around the place, if any.
        params: Its parameters.
        loops: The names of `for`, None for one whose place is hidden by a `for` with unknown names.
        unknown: Whether the names of a `for` are not known, so that any name may be one of them.
    """

    __slots__ = ("_binders", "block", "loops", "params", "unknown", "variables")

    def __init__(
        self,
        variables: Mapping[str, PlaceT],
        block: str | None = None,
        params: Mapping[str, PlaceT] | None = None,
        loops: Mapping[str, PlaceT | None] | None = None,
        unknown: bool = False,
    ) -> None:
        self.variables = variables
        self.block = block
        self.params = params or {}
        self.loops = loops or {}
        self.unknown = unknown
        self._binders: dict[str, PlaceT] | None = None

    def kind(self, name: str) -> str | None:
        """The kind of a name: `"loop"`, `"parameter"` or `"variable"`; None if it is undeclared."""
        if name in self.loops:
            return "loop"
        if name in self.params:
            return "parameter"
        return "variable" if name in self.variables else None

    def names(self) -> list[str]:
        """Every name, the innermost first."""
        return [*self.loops, *self.params, *self.variables]

    def binders(self) -> Mapping[str, PlaceT]:
        """All names with a known declaration, with its place."""
        if self._binders is None:
            outer = {} if self.unknown else {**self.variables, **self.params}
            self._binders = {**outer, **{name: at for name, at in self.loops.items() if at is not None}}
        return self._binders

    def inside(self, value: Mapping[str, object], at: PlaceT, child: Child[PlaceT]) -> LexicalScope[PlaceT]:
        """The scope of the entries of a table, except those of `REPETITION_KEYS`."""
        if not repeats(value):
            return self
        table = value["for"]
        if isinstance(table, Mapping):
            place = child(at, value, "for")
            children = {name: child(place, table, name) for name in table}
            return LexicalScope(self.variables, self.block, self.params, {**self.loops, **children}, self.unknown)
        return LexicalScope(self.variables, self.block, self.params, dict.fromkeys(self.loops), True)


def repeats(value: Mapping[str, object]) -> bool:
    """Whether a table has a `for` that binds names; the `for` of a block use binds its parameters instead."""
    return "for" in value and "use" not in value


class Section(NamedTuple, Generic[PlaceT]):
    """A part of a document that can contain references: its value, place and scope."""

    key: str
    value: object
    at: PlaceT
    scope: LexicalScope[PlaceT]


def sections(
    tree: Mapping[str, object], root: PlaceT, variables: Iterable[str], child: Child[PlaceT]
) -> Iterator[Section[PlaceT]]:
    """The parts of a document that can contain references.

    Args:
        tree: The document.
        root: The place of the document.
        variables: The names of its variables, including inherited ones.
        child: Returns the place of an entry.
    """
    table_at = child(root, tree, "vars")
    values = table_of(tree, "vars")
    outer: LexicalScope[PlaceT] = LexicalScope({name: child(table_at, values, name) for name in variables})
    for name, value in values.items():
        yield Section("vars", value, child(table_at, values, name), outer)
    blocks_at = child(root, tree, "blocks")
    blocks = table_of(tree, "blocks")
    for name, block in blocks.items():
        if isinstance(block, Mapping) and not is_extension_key(name):
            yield from _of_block(name, block, child(blocks_at, blocks, name), outer, child)
    for key, value in tree.items():
        if key not in WITHOUT_REFERENCES and key not in ("vars", "blocks") and not is_extension_key(key):
            yield Section(key, value, child(root, tree, key), outer)


def _of_block(
    name: str, block: Mapping[str, object], at: PlaceT, outer: LexicalScope[PlaceT], child: Child[PlaceT]
) -> Iterator[Section[PlaceT]]:
    params = {key: value for key, value in table_of(block, "params").items() if key not in RESERVED_PARAMETERS}
    params_at = child(at, block, "params")
    places = {key: child(params_at, block["params"], key) for key in params}
    for key, value in params.items():
        yield Section("blocks", value, places[key], outer)
    if isinstance(block.get("layers"), (list, tuple)):
        inner = LexicalScope(outer.variables, name, places)
        yield Section("blocks", block["layers"], child(at, block, "layers"), inner)


def walk(
    section: Section[PlaceT], child: Child[PlaceT], every: bool = False
) -> Iterator[tuple[object, PlaceT, LexicalScope[PlaceT]]]:
    """The tables, lists and strings with a `$` in a section, outer ones first; all values with `every`."""
    pending = [(section.value, section.at, section.scope)]
    while pending:
        step = pending.pop()
        value, at, scope = step
        if isinstance(value, (dict, list, tuple)):
            yield step
            inner = scope.inside(value, at, child) if isinstance(value, dict) else scope
            items = value.items() if isinstance(value, dict) else enumerate(value)
            pending += [
                (item, child(at, value, key), scope if key in REPETITION_KEYS else inner)
                for key, item in items
                if (every or isinstance(item, (dict, list, tuple)) or (isinstance(item, str) and "$" in item))
                and not is_extension_key(key)
            ][::-1]
        elif every or (isinstance(value, str) and "$" in value):
            yield step
