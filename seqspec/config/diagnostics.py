"""What is wrong with a configuration, as findings that every renderer can show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seqspec.diagnostics.codes import CODES
from seqspec.diagnostics.diagnostic import Diagnostic, Related
from seqspec.diagnostics.source_location import Place
from seqspec.diagnostics.violation import Problem, pointer
from seqspec.output.text import Lines
from seqspec.syntax.document import Document


def diagnostics(problems: Iterable[Problem]) -> Iterator[tuple[Diagnostic, Lines]]:
    """The findings, each with what gives the lines of its file."""
    for problem in problems:
        place = problem.at
        assert place is not None
        code = CODES[problem.rule]
        document = place.document
        related = tuple(
            Related(pointer(at.path), words, at.span(), at.document.file)
            for at, words in problem.related
            if isinstance(at, Place)
        )
        yield (
            Diagnostic(
                code.code,
                code.name,
                code.severity,
                problem.message,
                pointer(place.path),
                place.span(),
                document.file,
                problem.label,
                related,
                problem.notes,
                problem.help,
            ),
            _lines_of(document),
        )


def _lines_of(document: Document) -> Lines:
    return lambda _, number: document.line_text(number)
