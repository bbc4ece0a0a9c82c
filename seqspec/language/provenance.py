"""Where the values of an expanded tree were written.

Expansion makes new tables and lists only where it changes something. For each of these the places of the changed
entries are kept; everything else is where its surroundings are. So a document that needs no expansion costs
nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from seqspec.diagnostics.source_location import SourceLocation
from seqspec.diagnostics.violation import Path
from seqspec.syntax.document import Document


class StepKind(Enum):
    """How a value came through a place."""

    VARIABLE = "variable"
    """The definition of a variable that the value refers to."""
    SETTING = "setting"
    """The same, set by the caller."""
    DEFAULT = "default"
    """The default of a parameter of a block."""
    ARGUMENT = "argument"
    """The argument that a block use or a `for` binds to a name."""
    BLOCK_USE = "block use"
    """The use of the block that the value is written in."""


_WORDS = {
    StepKind.VARIABLE: "{} is defined here",
    StepKind.SETTING: "{} is set here",
    StepKind.DEFAULT: "the default of {}",
    StepKind.ARGUMENT: "{} is passed here",
    StepKind.BLOCK_USE: "block {} is used here",
}


class StepSource(NamedTuple):
    """What a step of a value is: its kind, and the name of the variable, parameter or block."""

    kind: StepKind
    name: str

    def describe(self) -> str:
        """How a related place says it."""
        return _WORDS[self.kind].format(self.name)


class ProvenanceStep(NamedTuple):
    """A place that a value came through: the definition of a variable, the use of a block."""

    document: Document
    path: Path
    source: StepSource

    @property
    def is_block_use(self) -> bool:
        """Whether it is the use of a block."""
        return self.source.kind is StepKind.BLOCK_USE

    def describe(self) -> str:
        """How a related place says it."""
        return self.source.describe()


class Provenance(NamedTuple):
    """Where a value was written, and what it came through, nearest first.

    `whole` marks a reference such as `"$hidden"`: what is inside its value has no other place than the reference, and
    is followed in the definition. `spoiled` marks a value that could not be made, a mistake reported already. `shift`
    is
    the number of elements that a slice left out before it.
    """

    document: Document
    path: Path
    via: tuple[ProvenanceStep, ...] = ()
    whole: bool = False
    spoiled: bool = False
    shift: int = 0

    def down(self, key: str | int) -> Provenance:
        """The place of an entry of the value."""
        if not self.whole:
            return Provenance(self.document, (*self.path, key), self.via, False, self.spoiled)
        if not self.via:
            return self
        first = self.via[0]
        followed = key + self.shift if isinstance(key, int) else key
        via = (first._replace(path=(*first.path, followed)), *self.via[1:])
        return self._replace(via=via, shift=0)

    def place(self, anchor: str = "value", string_range: tuple[int, int] | None = None) -> SourceLocation:
        """The place as a problem takes it."""
        return SourceLocation(self.document, self.path, anchor, string_range)


class ProvenanceMap:
    """The places of all entries that expansion changed or moved."""

    def __init__(self) -> None:
        # By the id of a table or list, which is kept alive so that the id stays its own.
        self._entries: dict[int, tuple[Any, dict[str | int, Provenance]]] = {}
        self._owned: dict[int, object] = {}

    def child(self, origin: Provenance, container: object, key: str | int) -> Provenance:
        """The place of an entry of a table or list that itself is at `origin`."""
        if not origin.whole:
            entry = self._entries.get(id(container))
            if entry is not None:
                found = entry[1].get(key)
                if found is not None:
                    return found
        return origin.down(key)

    def record(self, container: object, key: str | int, origin: Provenance) -> None:
        """Notes where an entry was written."""
        entry = self._entries.get(id(container))
        if entry is None:
            entry = self._entries[id(container)] = (container, {})
        entry[1][key] = origin

    def copy(self, container: Any) -> Any:
        """A table or list with the same entries and the same notes."""
        new: Any = dict(container) if isinstance(container, Mapping) else list(container)
        entry = self._entries.get(id(container))
        if entry is not None:
            self._entries[id(new)] = (new, dict(entry[1]))
        return new

    def own(self, container: object) -> Any:
        """The table or list itself where it belongs to this expansion alone and may be changed, or such a copy."""
        if id(container) in self._owned:
            return container
        new = self.copy(container)
        self._owned[id(new)] = new
        return new

    def own_child(self, parent: Any, key: str | int) -> Any:
        """The same for an entry of a table or list that may be changed; the copy takes its place."""
        parent[key] = self.own(parent[key])
        return parent[key]

    def forget(self, container: object, key: str | int) -> None:
        """Drops the note for an entry."""
        entry = self._entries.get(id(container))
        if entry is not None:
            entry[1].pop(key, None)

    def follow(self, root: Provenance, tree: Any, path: Path) -> Provenance:
        """The place of the value at a path of a tree; of the way to it where it does not exist."""
        origin = root
        for key in path:
            origin = self.child(origin, tree, key)
            try:
                tree = tree[key]
            except (KeyError, IndexError, TypeError):
                tree = None
        return origin
