"""The stage that makes a report: violations become diagnostics at their places, and comments suppress some."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from seqspec.core.diagnostics.codes import CODES
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.language.expansion import Expansion
from seqspec.core.syntax.directives import SUPPRESSION_KEYS, may_suppress
from seqspec.core.syntax.document import Document

if TYPE_CHECKING:
    from seqspec.core.diagnostics.diagnostic import Diagnostic


def diagnose(
    violations: list[Violation],
    expansion: Expansion,
    failures: list[Violation],
    unchecked: frozenset[str] | None,
    with_fixes: bool,
) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """The findings of a document that are reported, and those that its comments suppress.

    Args:
        violations: The violations at paths of the expanded document.
        expansion: The expanded document, with the violations of the language.
        failures: Internal errors, to which one of this stage is appended.
        unchecked: The rules that were not run; None if no rule was.
        with_fixes: Whether findings have their fixes.
    """
    diagnostics = _resolved(violations, expansion, failures, with_fixes)
    suppressed: list[Diagnostic] = []
    if expansion.usable and not failures:
        diagnostics, suppressed = _suppress(diagnostics, expansion, unchecked)
    if any(diagnostic.name == "deprecated-argument" for diagnostic in diagnostics):
        from seqspec.core.analysis.resolve import once_per_argument

        diagnostics = once_per_argument(diagnostics, suppressed)
    return diagnostics, suppressed


def _resolved(
    violations: list[Violation], expansion: Expansion, failures: list[Violation], with_fixes: bool
) -> list[Diagnostic]:
    """The diagnostics of all violations; if one cannot be resolved, only that one is lost."""
    document = expansion.document
    if not (violations or expansion.violations or failures):
        return []
    of_language = expansion.violations
    if document.undetermined:
        violations = _determined(violations, document)
        of_language = _determined(of_language, document)
    from seqspec.core.analysis.resolve import resolve_diagnostics
    from seqspec.core.analysis.unused_declarations import relate_declarations

    try:
        unexpected = [violation for violation in violations if not expansion.is_consequence(violation)]
        unexpected, language = relate_declarations(unexpected, of_language, document.tree, expansion.tree)
        return resolve_diagnostics([*language, *unexpected, *failures], expansion, with_fixes)
    except Exception as error:
        failures.append(internal_error(error, document))
    diagnostics: list[Diagnostic] = []
    for violation in (*of_language, *violations, *failures):
        with suppress(Exception):
            # An internal error must not hide the other findings.
            diagnostics += resolve_diagnostics([violation], expansion, with_fixes)
    return diagnostics


def _determined(violations: Iterable[Violation], document: Document) -> list[Violation]:
    """The violations that do not depend on what the document leaves undetermined."""
    return [violation for violation in violations if document.undetermined.isdisjoint(CODES[violation.rule].depends_on)]


def _suppress(
    diagnostics: list[Diagnostic], expansion: Expansion, unchecked: frozenset[str] | None
) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """The findings that are reported, and those that the documents suppress."""
    document = expansion.document
    if document.text is None and not expansion.may_have(SUPPRESSION_KEYS):
        return diagnostics, []
    # Values set by the caller are documents too, but cannot contain suppressions.
    documents = [document, *(other for other in expansion.documents[1:] if other.text is not None)]
    if not any(map(may_suppress, documents)):
        return diagnostics, []
    from seqspec.core.suppressions import suppress

    diagnostics, suppressed = suppress(diagnostics, documents, unchecked)
    if len(diagnostics) > 1_000:
        from seqspec.core.analysis.resolve import limit_findings

        diagnostics = limit_findings(diagnostics, document)
    return diagnostics, suppressed


def internal_error(error: Exception, document: Document) -> Violation:
    """The finding for an exception that a spec raised inside seqspec.

    Findings before it are still reported, and other specs are still checked. With SEQSPEC_TRACEBACK=1 the
    exception is raised again.
    """
    if os.environ.get("SEQSPEC_TRACEBACK"):
        raise error
    from seqspec.core.diagnostics.violation import SourceLocation

    return Violation(
        "internal-error",
        f"internal error: {type(error).__name__}: {str(error)[:200]}",
        help="please report it, with the output of SEQSPEC_TRACEBACK=1",
        location=SourceLocation(document, ()),
    )
