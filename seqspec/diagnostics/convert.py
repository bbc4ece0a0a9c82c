"""Converts violations to diagnostics: the only place that makes a `Diagnostic`."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.diagnostics.codes import CODES
from seqspec.diagnostics.diagnostic import Diagnostic, Fix, Related, Span
from seqspec.diagnostics.path import Path, pointer
from seqspec.diagnostics.snippet import render_help
from seqspec.diagnostics.source_location import SourceLocation
from seqspec.diagnostics.violation import Violation


def to_diagnostic(
    violation: Violation,
    *,
    path: Path,
    span: Span | None,
    file: str | None,
    format: str,
    subject: str = "",
    related: Sequence[Related] = (),
    help: str | None = None,
    fix: Fix | None = None,
) -> Diagnostic:
    """The diagnostic of a violation at a place.

    Args:
        violation: What was found.
        path: The path in the document as written.
        span: The place in the text, if there is one.
        file: The file, if there is one.
        format: The format of the document, in which helps are written.
        subject: The layer that the message begins with, such as `model.layers[3] (Dense "head"): `.
        related: Related places.
        help: What replaces the help of the violation.
        fix: The fix as edits of the text.
    """
    code = CODES[violation.rule]
    return Diagnostic(
        code.code,
        code.name,
        violation.severity or code.severity,
        subject + violation.message,
        pointer(path),
        span,
        file,
        render_help(violation.label, format),
        tuple(related),
        violation.notes,
        help if help is not None else render_help(violation.help, format),
        fix,
        subject,
    )


def at_source(
    violation: Violation, document: object, *, fix: Fix | None = None, format: str | None = None
) -> Diagnostic:
    """The diagnostic of a violation at a path of a `syntax.document.Document` as written, or at its location.

    `format` is the one in which helps are written, if it is not that of the document.
    """
    place = violation.location or SourceLocation(document, violation.path, violation.anchor, violation.string_range)
    related = [
        Related(pointer(at.path), words, at.span(), at.document.file)
        for at, words in violation.related
        if isinstance(at, SourceLocation)
    ]
    return to_diagnostic(
        violation,
        path=place.path,
        span=place.span(),
        file=place.document.file,
        format=format or place.document.format,
        related=related,
        fix=fix,
    )
