"""Provenance: where the values of an expanded tree were written.

The expansion creates new tables and lists only where it changes something, and the locations of their changed entries
are recorded; all other entries are located relative to their container. So a document without expansion costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from seqspec.core.diagnostics.violation import Path, SourceLocation
from seqspec.core.syntax.document import Document


class StepKind(Enum):
    """How a value passed through a location."""

    VARIABLE = "variable"
    """The definition of a variable that is referred to."""
    SETTING = "setting"
    """A variable set by the caller."""
    DEFAULT = "default"
    """The default of a parameter of a block."""
    ARGUMENT = "argument"
    """The value that a block use or a `for` binds to a name."""
    BLOCK_USE = "block use"
    """The use of the block that contains the value."""


_WORDS = {
    StepKind.VARIABLE: "{} is defined here",
    StepKind.SETTING: "{} is set here",
    StepKind.DEFAULT: "the default of {}",
    StepKind.ARGUMENT: "{} is passed here",
    StepKind.BLOCK_USE: "block {} is used here",
}


class StepSource(NamedTuple):
    """The kind of a step, and the name of the variable, parameter or block."""

    kind: StepKind
    name: str

    def describe(self) -> str:
        """The text for a related location."""
        return _WORDS[self.kind].format(self.name)


class ProvenanceStep(NamedTuple):
    """A location that a value passed through: the definition of a variable, the use of a block."""

    document: Document
    path: Path
    source: StepSource

    @property
    def is_block_use(self) -> bool:
        """Whether it is the use of a block."""
        return self.source.kind is StepKind.BLOCK_USE

    def describe(self) -> str:
        """The text for a related location."""
        return self.source.describe()


class Provenance(NamedTuple):
    """Where a value was written, and the steps that it passed through, nearest first.

    `is_reference` marks a reference such as `"$hidden"`: the entries of its value have the location of the reference,
    and are followed in the definition. `has_errors` marks a value that could not be expanded, which has been reported.
    `shift` is the number of elements that a slice skips. `is_measured` marks a value that was measured in the data,
    which is at the source of the data.
    """

    document: Document
    path: Path
    via: tuple[ProvenanceStep, ...] = ()
    is_reference: bool = False
    has_errors: bool = False
    shift: int = 0
    is_measured: bool = False

    def down(self, key: str | int) -> Provenance:
        """The provenance of an entry of the value."""
        if self.is_measured:
            return self
        if not self.is_reference:
            return Provenance(self.document, (*self.path, key), self.via, False, self.has_errors)
        if not self.via:
            return self
        first = self.via[0]
        followed = key + self.shift if isinstance(key, int) else key
        via = (first._replace(path=(*first.path, followed)), *self.via[1:])
        return self._replace(via=via, shift=0)

    def place(self, anchor: str = "value", string_range: tuple[int, int] | None = None) -> SourceLocation:
        """The location for a violation."""
        return SourceLocation(self.document, self.path, anchor, string_range)


class ProvenanceMap:
    """The provenance of all entries that the expansion changed or moved."""

    def __init__(self) -> None:
        # By the id of a table or list, which is kept alive so that the id is not reused.
        self._entries: dict[int, tuple[object, dict[str | int, Provenance]]] = {}
        self._owned: dict[int, object] = {}

    def child(self, origin: Provenance, container: object, key: str | int) -> Provenance:
        """The provenance of an entry of a table or list with the provenance `origin`."""
        if not origin.is_reference:
            entry = self._entries.get(id(container))
            if entry is not None:
                child = entry[1].get(key)
                if child is not None:
                    return child
        return origin.down(key)

    def record(self, container: object, key: str | int, origin: Provenance) -> None:
        """Records where an entry was written."""
        entry = self._entries.get(id(container))
        if entry is None:
            entry = self._entries[id(container)] = (container, {})
        entry[1][key] = origin

    def copy(self, container: Any) -> Any:
        """A copy of a table or list with the same recorded entries."""
        new: object = dict(container) if isinstance(container, Mapping) else list(container)
        entry = self._entries.get(id(container))
        if entry is not None:
            self._entries[id(new)] = (new, dict(entry[1]))
        return new

    def own(self, container: object) -> Any:
        """The table or list itself if this expansion created it, so that it can be changed, or else a copy."""
        if id(container) in self._owned:
            return container
        new = self.copy(container)
        self._owned[id(new)] = new
        return new

    def own_child(self, parent: Any, key: str | int) -> Any:
        """Like `own`, for an entry of a mutable table or list, in which the copy replaces it."""
        parent[key] = self.own(parent[key])
        return parent[key]

    def forget(self, container: object, key: str | int) -> None:
        """Removes the record of an entry."""
        entry = self._entries.get(id(container))
        if entry is not None:
            entry[1].pop(key, None)

    def follow(self, root: Provenance, tree: Any, path: Path) -> Provenance:
        """The provenance of the value at a path, or of the innermost existing container."""
        origin = root
        for key in path:
            origin = self.child(origin, tree, key)
            try:
                tree = tree[key]
            except (KeyError, IndexError, TypeError):
                tree = None
        return origin
