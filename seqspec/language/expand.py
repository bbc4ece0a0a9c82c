"""From a document as written to the plain, long tree that everything after works on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seqspec.diagnostics.violation import Path, Violation
from seqspec.language.keras import NEWEST_ONLY, KerasRange
from seqspec.language.needs_expansion import is_plain
from seqspec.syntax.document import Document
from seqspec.syntax.limits import LIMITS, Limits

if TYPE_CHECKING:
    from seqspec.language.context import Reader
    from seqspec.language.keys import TableKeys
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

    @property
    def moved(self) -> bool:
        """Whether values may stand at other paths than they were written at."""
        return self._tracker is not None and self._root is not None

    def origin(self, path: Path) -> Provenance:
        """Where the value at a path of the expanded tree was written."""
        if not path or self._tracker is None or self._root is None:
            from seqspec.language.provenance import Provenance

            return Provenance(self.document, path)
        return self._tracker.follow(self._root, self.tree, path)

    def excuses(self, violation: Violation) -> bool:
        """Whether a problem only repeats that a value could not be made, which is told already."""
        if self._tracker is None or violation.location is not None:
            return False
        for length in range(1, len(violation.path) + 1):
            origin = self.origin(violation.path[:length])
            if origin.spoiled or (self._bad and (id(origin.document), origin.path) in self._bad):
                return True
        return False


def expand(
    document: Document,
    *,
    vars: Mapping[str, Any] | None = None,
    settings: Sequence[str] = (),
    limits: Limits = LIMITS,
    root: str | None = None,
    read: Reader | None = None,
    tables: TableKeys | None = None,
) -> Expansion:
    """Expands a document; never raises for a bad one.

    Args:
        document: What `read_source` gave.
        vars: Values of variables, in place of those in the document.
        settings: `PATH=VALUE`, as `--set` takes them.
        limits: The bounds of what it may become.
        root: The folder that `extends` may not leave; that of the document's project by default.
        read: Gives the documents that it extends, in place of their files.
        tables: Which table a key belongs to; None where keys in the wrong table are not looked for.
    """
    if not document.readable:
        return Expansion(document, {}, list(document.violations), usable=False)
    tree = document.tree
    if not vars and not settings and type(tree) is dict and is_plain(tree, limits, tables):
        return Expansion(document, tree, list(document.violations))
    from seqspec.language.expander import expand_fully

    return expand_fully(document, vars or {}, settings, limits, root, read, tables)
