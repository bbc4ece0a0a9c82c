"""Findings of one source, the errors of specs and builds, and how a missing extra is installed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from seqspec.core.diagnostics.codes import CODES
from seqspec.core.diagnostics.diagnostic import Diagnostic, Fix, Related, Span
from seqspec.core.diagnostics.notation import Notation
from seqspec.core.diagnostics.snippet import render_help
from seqspec.core.diagnostics.violation import Path, SourceLocation, Violation, pointer

if TYPE_CHECKING:
    from seqspec.core.syntax.document import Document


class Findings:
    """The diagnostics of one source, sorted by their position."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = list(diagnostics)

    @property
    def ok(self) -> bool:
        """Whether no diagnostic is an error."""
        return not any(diagnostic.severity == "error" for diagnostic in self.diagnostics)


class SpecError(ValueError):
    """An invalid spec, or a class written in Python that cannot be used.

    Attributes:
        report: The findings; a `Report` if a whole spec was checked.
    """

    def __init__(self, report: Findings) -> None:
        self.report = report
        errors = [diagnostic for diagnostic in report.diagnostics if diagnostic.severity == "error"]
        super().__init__("\n".join(_line(diagnostic) for diagnostic in errors))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.report,)


def _line(diagnostic: Diagnostic) -> str:
    location = diagnostic.pointer or diagnostic.file or "/"
    if diagnostic.span is not None:
        location = f"{diagnostic.file or '<text>'}:{diagnostic.span.line}:{diagnostic.span.column}"
    help = f" ({diagnostic.help})" if diagnostic.help else ""
    return "\n  ".join([f"{location}: [{diagnostic.code}] {diagnostic.message}{help}", *diagnostic.notes])


def error_of(violations: Sequence[Violation], span_of: Callable[[Violation], Span | None]) -> SpecError:
    """The error for violations; `span_of` returns their ranges in the text."""
    from seqspec.core.diagnostics.notation import PYTHON

    return SpecError(
        Findings(
            [
                to_diagnostic(violation, path=violation.path, span=span_of(violation), file=None, notation=PYTHON)
                for violation in violations
            ]
        )
    )


class MissingPackageError(ModuleNotFoundError):
    """A package of an extra that is not installed; the message says how to install it."""


PACKAGE = "keras-seqspec"
"""The name of the package for pip."""

UPGRADE_COMMAND = f"pip install --upgrade {PACKAGE} (in a checkout: git pull)"


def install_command(extra: str, *packages: str) -> str:
    """The command that installs an extra of the package, and other packages, also in a checkout."""
    name, checkout = (" ".join(["pip install", f"'{each}[{extra}]'", *packages]) for each in (PACKAGE, "."))
    return f"{name} (in a checkout: {checkout})"


class BuildError(Exception):
    """A valid spec that cannot be built here: an older Keras, a failed download, a class that is not allowed."""


class MissingKerasError(BuildError, MissingPackageError):
    """Keras is not installed."""


class DownloadError(BuildError):
    """The weights of a base model cannot be downloaded."""


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
    """
    code = CODES[violation.rule]
    return Diagnostic(
        code.code,
        code.name,
        violation.severity or code.severity,
        subject + notation.message(violation.message),
        pointer(path),
        span,
        file,
        render_help(violation.label, notation),
        tuple(related),
        tuple(violation.notes),
        help if help is not None else render_help(violation.help, notation),
        fix,
        subject,
        violation.suggestion,
    )


def at_source(
    violation: Violation, document: Document, *, fix: Fix | None = None, notation: Notation | None = None
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
