"""The result of an expansion: the expanded tree and the provenance of its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.language.keras import NEWEST_ONLY, KerasRange
from seqspec.core.language.provenance import Provenance, ProvenanceMap
from seqspec.core.syntax.document import Document

MAX_INTEGER = 2**63 - 1
"""The largest integer in a document, which has 64 bits."""


class Expansion:
    """An expanded document.

    Attributes:
        document: The document as written.
        tree: The expanded tree: no variables, blocks, `extends`, `override`, `use`, `for` or `repeat`.
        violations: The violations of the language rules, each with its location as written.
        usable: Whether the expanded tree can be checked.
        merged: The tree before references are resolved, with what the document extends and the caller's values.
        keras: The Keras versions that the document supports.
        documents: All documents involved: this one, those it extends, and the values set by the caller.
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
        self.merged: Mapping[str, object] = document.tree
        self.documents = list(documents) or [document]
        self._tracker = tracker
        self._root = root
        self._bad = bad
        self._keys = keys

    @property
    def moved(self) -> bool:
        """Whether values may have other paths than in the document as written."""
        return self._tracker is not None and self._root is not None

    @property
    def has_bad_values(self) -> bool:
        """Whether a document contains unsupported values, which have been reported."""
        return bool(self._bad)

    def may_have(self, keys: Set[str]) -> bool:
        """Whether a table may have one of these keys; True unless the document is its own expansion."""
        return self._keys is None or not self._keys.isdisjoint(keys)

    def origin(self, path: Path) -> Provenance:
        """The provenance of the value at a path of the expanded tree."""
        if not path or self._tracker is None or self._root is None:
            return Provenance(self.document, path)
        return self._tracker.follow(self._root, self.tree, path)

    def is_consequence(self, violation: Violation) -> bool:
        """Whether a violation only follows from a value that could not be expanded, which has been reported."""
        if self._tracker is None or violation.location is not None:
            return False
        for length in range(1, len(violation.path) + 1):
            origin = self.origin(violation.path[:length])
            if origin.has_errors or (self._bad and (id(origin.document), origin.path) in self._bad):
                return True
        return False
