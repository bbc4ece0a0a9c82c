"""One model of a program, to draw it: its documents, and its findings."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from seqspec.core.api.check import Report
from seqspec.core.api.diagnostics import Violation
from seqspec.core.api.frontends import SourceModels
from seqspec.core.api.syntax import Document
from seqspec.programs.layers import sampling
from seqspec.programs.layers.program_model import ProgramModel
from seqspec.programs.program_advice import ProgramAdvice
from seqspec.programs.program_check import model_findings
from seqspec.programs.program_document import ModelDocument, Program, read_program
from seqspec.programs.spec_import import find_model, unreadable


def drawn_model(document: Document, name: str | None) -> SourceModels[Report]:
    """The model of a program with a name, or at a line; a document with a violation where there is none, or several.

    Args:
        document: The text of the program.
        name: The name or the line; None for the only model.
    """
    program = read_program(document.text or "", document.format == "notebook", document.file)
    model = find_model(program, name)
    if isinstance(model, Violation):
        return SourceModels([unreadable(document, program, model)])
    return DrawnModel(document, program, model)


class DrawnModel(SourceModels[Report]):
    """A model of a program, as several documents if it has values that the program does not determine."""

    def __init__(self, document: Document, program: Program, model: ProgramModel) -> None:
        self._program = program
        self._model = model
        self._file = document.file
        self._lines = program.text.split("\n")
        super().__init__(
            ModelDocument(tree, model, program.text, document.file, self._lines)
            for tree in sampling.sample_trees(model)
        )

    def report(self, reports: Sequence[Report]) -> Report:
        """The report of the first document with the findings that all of them have."""
        program, report = self._program, reports[0]
        advice = ProgramAdvice(program.source.tree or ast.Module([], []), program.skipped_compiles())
        # What `import` says of the spec.
        self._model.notes = [note for note in self._model.notes if note.kind != "several-uses"]
        diagnostics = model_findings(reports, self._model, advice, self._file, self._lines)
        # Lines of cells or files together mean nothing to the reader.
        diagnostics = [
            replace(diagnostic, span=None)
            if diagnostic.span is not None and program.part_at(diagnostic.span.line) is not None
            else diagnostic
            for diagnostic in diagnostics
        ]
        return replace(report, diagnostics=diagnostics)

    def common_text(self, texts: Sequence[str | None]) -> str:
        """The text with the names of sizes that are not known, or `?`."""
        return sampling.common_text(texts, self._model) or "?"
