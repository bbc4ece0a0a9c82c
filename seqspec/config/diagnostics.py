"""What is wrong with a configuration, as findings that every renderer can show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seqspec.diagnostics.convert import at_source
from seqspec.diagnostics.diagnostic import Diagnostic
from seqspec.diagnostics.violation import Violation
from seqspec.output.text import Lines
from seqspec.syntax.document import Document


def diagnostics(violations: Iterable[Violation]) -> Iterator[tuple[Diagnostic, Lines]]:
    """The findings, each with what returns the lines of its file."""
    for violation in violations:
        place = violation.location
        assert place is not None
        document = place.document
        yield at_source(violation, document), _lines_of(document)


def _lines_of(document: Document) -> Lines:
    return lambda _, number: document.line_text(number)
