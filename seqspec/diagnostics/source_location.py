"""A place in a document as its author wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from seqspec.diagnostics.path import Path

if TYPE_CHECKING:
    from seqspec.diagnostics.diagnostic import Span


class SourceLocation(NamedTuple):
    """A place in a document as written.

    `document` is a `syntax.document.Document`; `anchor` and `string_range` are those of a `Violation`; `exact` is the
    span where the text could not be read as a tree.
    """

    document: Any
    path: Path
    anchor: str = "value"
    string_range: tuple[int, int] | None = None
    exact: Span | None = None

    def span(self) -> Span | None:
        """Its lines and columns; None where the document has no text."""
        found: Span | None = self.exact or self.document.span(self.path, self.anchor, self.string_range)
        return found
