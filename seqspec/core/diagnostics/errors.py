"""Findings of one source, the errors of specs and builds, and how a missing extra is installed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from seqspec.core.diagnostics.convert import to_diagnostic
from seqspec.core.diagnostics.diagnostic import Diagnostic, Span
from seqspec.core.diagnostics.message import PYTHON
from seqspec.core.diagnostics.violation import Violation


@dataclass(frozen=True, eq=False)
class Diagnostics:
    """The diagnostics of one source, sorted by their position."""

    diagnostics: list[Diagnostic]

    @property
    def ok(self) -> bool:
        """Whether no diagnostic is an error."""
        return not any(diagnostic.severity == "error" for diagnostic in self.diagnostics)


class SpecError(ValueError):
    """An invalid spec, or a class written in Python that cannot be used.

    Attributes:
        report: The findings; a `Report` if a whole spec was checked.
    """

    def __init__(self, report: Diagnostics) -> None:
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
    return SpecError(
        Diagnostics(
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
    name, checkout = (
        " ".join(["pip install", f"'{requirement}[{extra}]'", *packages]) for requirement in (PACKAGE, ".")
    )
    return f"{name} (in a checkout: {checkout})"


class BuildError(Exception):
    """A valid spec that cannot be built here: an older Keras, a failed download, a class that is not allowed."""


class MissingKerasError(BuildError, MissingPackageError):
    """Keras is not installed."""


class DownloadError(BuildError):
    """The weights of a base model cannot be downloaded."""
