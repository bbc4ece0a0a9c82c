"""What is wrong with a configuration, as findings that every renderer can show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seqspec.diagnostics.codes import CODES
from seqspec.diagnostics.diagnostic import Diagnostic, Related
from seqspec.diagnostics.snippet import render_help
from seqspec.diagnostics.source_location import SourceLocation
from seqspec.diagnostics.violation import Violation, pointer
from seqspec.output.text import Lines
from seqspec.syntax.document import Document


def diagnostics(violations: Iterable[Violation]) -> Iterator[tuple[Diagnostic, Lines]]:
    """The findings, each with what returns the lines of its file."""
    for violation in violations:
        place = violation.location
        assert place is not None
        code = CODES[violation.rule]
        document = place.document
        related = tuple(
            Related(pointer(at.path), words, at.span(), at.document.file)
            for at, words in violation.related
            if isinstance(at, SourceLocation)
        )
        yield (
            Diagnostic(
                code.code,
                code.name,
                code.severity,
                violation.message,
                pointer(place.path),
                place.span(),
                document.file,
                render_help(violation.label, "toml"),
                related,
                violation.notes,
                render_help(violation.help, "toml"),
            ),
            _lines_of(document),
        )


def _lines_of(document: Document) -> Lines:
    return lambda _, number: document.line_text(number)
