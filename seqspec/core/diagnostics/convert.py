"""Converts violations to diagnostics; only this module creates a `Diagnostic`."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.core.diagnostics.codes import CODES
from seqspec.core.diagnostics.diagnostic import Diagnostic, Fix, Related, Span
from seqspec.core.diagnostics.message import Notation, render_help
from seqspec.core.diagnostics.violation import Path, SourceLocation, Violation, WrittenDocument, pointer


def to_diagnostic(
    violation: Violation,
    *,
    path: Path,
    span: Span | None,
    file: str | None,
    notation: Notation,
    subject: str = "",
    related: Sequence[Related] = (),
    help: str | None = None,
    fix: Fix | None = None,
    alternative: Fix | None = None,
) -> Diagnostic:
    """The diagnostic of a violation at a known location.

    Args:
        violation: The violation.
        path: The path in the document as written.
        span: The range in the text, if any.
        file: The file, if any.
        notation: The notation of settings and values in helps.
        subject: The layer that the message begins with, such as `model.layers[3] (Dense "head"): `.
        related: Related locations.
        help: Replaces the help of the violation.
        fix: The fix as edits of the text.
        alternative: Another fix, for what is meant less often.
    """
    code = CODES[violation.rule]
    return Diagnostic(
        code=code.code,
        name=code.name,
        severity=violation.severity or code.severity,
        message=subject + notation.message(violation.message),
        pointer=pointer(path),
        span=span,
        file=file,
        label=render_help(violation.label, notation),
        related=tuple(related),
        notes=tuple(violation.notes),
        help=help if help is not None else render_help(violation.help, notation),
        fix=fix,
        subject=subject,
        alternative=alternative,
        suggestion=violation.suggestion,
        only_keras=violation.only_keras,
    )


def at_source(
    violation: Violation, document: WrittenDocument, *, fix: Fix | None = None, notation: Notation | None = None
) -> Diagnostic:
    """The diagnostic of a violation at a path of a document as written, or at its location.

    `notation` is that of settings and values in helps, by default the one of the document.
    """
    location = violation.location or SourceLocation(document, violation.path, violation.anchor, violation.string_range)
    related = [
        Related(pointer(at.path), at.document.notation.message(message), at.span(), at.document.file)
        for at, message in violation.related
        if isinstance(at, SourceLocation)
    ]
    return to_diagnostic(
        violation,
        path=location.path,
        span=location.span(),
        file=location.document.file,
        notation=notation or location.document.notation,
        related=related,
        fix=fix,
    )
