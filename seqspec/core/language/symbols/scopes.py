"""The scoping rules: which parts of a document can contain references, and which names are visible there.

The names of `for` hide the parameters of a block, and these hide the variables of the document. Parameters are visible
in the layers of their block, the names of `for` in the entry beside it; the defaults of parameters, and the values of
`for` and `repeat`, see what is around them.

Places are of any type: paths where a document is read as written, `Provenance` while it is expanded. `child` makes the
place of an entry from the place of its table or list, that table or list, and a key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from seqspec.core.language.keys import REPETITION_KEYS, RESERVED_PARAMETERS, WITHOUT_REFERENCES, is_extension_key
from seqspec.core.language.symbols.declared import table_of

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
