"""Locations in a document as written."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from seqspec.core.diagnostics.path import Path

if TYPE_CHECKING:
    from seqspec.core.diagnostics.diagnostic import Span
    from seqspec.core.syntax.document import Document


class SourceLocation(NamedTuple):
    """A location in a document as written.

    `anchor` and `string_range` are those of a `Violation`; `exact` is the span if the text has no tree.
    """

    document: Document
    path: Path
    anchor: str = "value"
    string_range: tuple[int, int] | None = None
    exact: Span | None = None

    def span(self) -> Span | None:
        """Its lines and columns; None if the document has no text."""
        return self.exact or self.document.span(self.path, self.anchor, self.string_range)
