"""Converts violations of a configuration to diagnostics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seqspec.core.diagnostics.convert import at_source
from seqspec.core.diagnostics.diagnostic import Diagnostic
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.output.text import Lines
from seqspec.core.syntax.document import Document


def configuration_diagnostics(violations: Iterable[Violation]) -> Iterator[tuple[Diagnostic, Lines]]:
    """The diagnostics, each with a function that returns the lines of its file."""
    for violation in violations:
        location = violation.location
        assert location is not None
        document = location.document
        yield at_source(violation, document), _lines_of(document)


def _lines_of(document: Document) -> Lines:
    return lambda _, number: document.line_text(number)
