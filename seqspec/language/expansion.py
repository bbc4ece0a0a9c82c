"""What the expansion of a spec returns: the expanded tree, and where each value of it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any

from seqspec.diagnostics.violation import Path, Violation
from seqspec.language.keras import NEWEST_ONLY, KerasRange
from seqspec.syntax.document import Document

if TYPE_CHECKING:
    from seqspec.language.provenance import Provenance, ProvenanceMap


class Expansion:
    """An expanded document.

    Attributes:
        document: The document as written.
        tree: The expanded tree: no variables, blocks, `extends`, `override`, `use`, `for` or `repeat`.
        problems: What is wrong as far as the language goes, each with its place as written.
        usable: Whether there is anything left to check.
        keras: The versions of Keras that the document is written for.
        documents: The documents that take part: this one, those it extends, the values set by the caller.
    """

    def __init__(
        self,
        document: Document,
        tree: Mapping[str, Any],
        violations: list[Violation],
        *,
        usable: bool = True,
        keras: KerasRange = NEWEST_ONLY,
        tracker: ProvenanceMap | None = None,
        root: Provenance | None = None,
        documents: Sequence[Document] = (),
        bad: set[tuple[int, Path]] | None = None,
        keys: Set[str] | None = None,
    ) -> None:
        self.document = document
        self.tree = tree
        self.violations = violations
        self.usable = usable
        self.keras = keras
        self.documents = list(documents) or [document]
        self._tracker = tracker
        self._root = root
        self._bad = bad
        self._keys = keys

    @property
    def moved(self) -> bool:
        """Whether values may be at other paths than they were written at."""
        return self._tracker is not None and self._root is not None

    @property
    def has_bad_values(self) -> bool:
        """Whether something in a document is not a value of the language; it is reported."""
        return bool(self._bad)

    def may_have(self, keys: Set[str]) -> bool:
        """Whether some table may have one of these keys; only a document that is its own expansion rules it out."""
        return self._keys is None or not self._keys.isdisjoint(keys)

    def origin(self, path: Path) -> Provenance:
        """Where the value at a path of the expanded tree was written."""
        if not path or self._tracker is None or self._root is None:
            from seqspec.language.provenance import Provenance

            return Provenance(self.document, path)
        return self._tracker.follow(self._root, self.tree, path)

    def is_consequence(self, violation: Violation) -> bool:
        """Whether a problem only repeats that a value could not be made, which is reported already."""
        if self._tracker is None or violation.location is not None:
            return False
        for length in range(1, len(violation.path) + 1):
            origin = self.origin(violation.path[:length])
            if origin.spoiled or (self._bad and (id(origin.document), origin.path) in self._bad):
                return True
        return False
