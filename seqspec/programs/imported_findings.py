"""Findings in the files that a program imports: the errors that depend on what the program passes to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from seqspec.core.diagnostics.diagnostic import Diagnostic, Related, Span
from seqspec.core.suppressions.suppress import suppress
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.suppression_markers import DIRECTIVE_MARKER
from seqspec.programs.program_document import Program, ProgramDocument


def divide(
    diagnostics: Sequence[Diagnostic], program: Program, file: str | None
) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """The findings in the program, and the errors in the files that it imports.

    Warnings in these files are reported where they are checked themselves. A fix changes the program alone.
    """
    if program.imports is None or not program.imports.files or file is None:
        return list(diagnostics), []
    own: list[Diagnostic] = []
    others: list[Diagnostic] = []
    for each in diagnostics:
        if not _is_imported(each.span, program):
            if each.fix is not None and any(_is_imported(edit.span, program) for edit in each.fix.edits):
                each = replace(each, fix=None)
            own.append(each if program.source.cells is not None else in_part(each, file, program))
        elif each.severity == "error":
            others.append(in_part(replace(each, fix=None), file, program))
    for document in imported_documents(program):
        if DIRECTIVE_MARKER in (document.text or ""):
            found = [each for each in others if each.file == document.file]
            left, _ = suppress(found, [document], None)
            others = [each for each in others if each not in found or each in left]
    return own, others


def _is_imported(span: Span | None, program: Program) -> bool:
    return span is not None and program.imported_at(span.line) is not None


def in_part(diagnostic: Diagnostic, file: str, program: Program) -> Diagnostic:
    """The finding with its location in a cell of the notebook or in an imported file."""

    def shift(span: Span | None) -> tuple[Span | None, str]:
        part = None if span is None else program.part_at(span.line)
        if span is None or part is None:
            return span, file
        return replace(span, line=part.line_of(span.line), end_line=part.line_of(span.end_line)), part.name(file)

    span, name = shift(diagnostic.span)
    related = []
    for other in diagnostic.related:
        at, where = shift(other.span)
        related.append(Related(other.pointer, other.message, at, where))
    return replace(diagnostic, span=span, file=name, related=tuple(related))


def imported_documents(program: Program) -> list[Document]:
    """The imported files as documents, whose names and texts are used to show findings."""
    files = () if program.imports is None else program.imports.files
    return [ProgramDocument({}, file.source.text, file.path, "python") for file in files]
