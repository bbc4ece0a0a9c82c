"""The front end of Keras programs: Python files and notebooks, none of whose code is run."""

from __future__ import annotations

import os
from typing import Any

from seqspec.core.api.files import Limits
from seqspec.core.api.frontends import Frontend, KerasTarget, SourceModels
from seqspec.core.api.syntax import Document, read_source
from seqspec.programs.program_document import NotebookDocument, ProgramDocument, read_program


class ProgramFrontend(Frontend):
    """Reads the `keras.Sequential` models of programs.

    Args:
        keras: The version of Keras that they are for; None if they or their projects say it.
    """

    def __init__(self, keras: str | KerasTarget | None = None) -> None:
        self._keras = keras

    def targeting(self, keras: str | KerasTarget | None) -> Frontend:
        """This front end for programs that are for a version of Keras."""
        return self if keras is None else ProgramFrontend(keras)

    def kind(self, file: str) -> type[Document]:
        """The class of the document with the text of a file."""
        return NotebookDocument if file.lower().endswith(".ipynb") else ProgramDocument

    def read(self, source: str | os.PathLike[str] | Document, limits: Limits) -> SourceModels[Any]:
        """All models of a program, each with several values for what it does not determine."""
        document = self._text(source, limits)
        if not document.readable:
            return SourceModels([document])
        from seqspec.programs.program_check import ProgramModels

        is_notebook = document.format == "notebook"
        return ProgramModels(document, read_program(document.text or "", is_notebook, document.file, self._keras))

    def read_one(self, source: str | os.PathLike[str] | Document, limits: Limits) -> Document:
        """The only model of a program; a violation where there is none, or several."""
        document = self._text(source, limits)
        if not document.readable:
            return document
        from seqspec.programs.spec_import import model_document

        return model_document(document)

    def read_model(
        self, source: str | os.PathLike[str] | Document, limits: Limits, name: str | None = None
    ) -> SourceModels[Any]:
        """One model of a program, with branches too; a document with a violation where there is none, or several."""
        document = self._text(source, limits)
        if not document.readable:
            return SourceModels([document])
        from seqspec.programs.drawn_model import drawn_model

        return drawn_model(document, name)

    def _text(self, source: str | os.PathLike[str] | Document, limits: Limits) -> Document:
        if isinstance(source, Document):
            return source
        return read_source(source, limits, self.kind(os.fsdecode(source)))


PROGRAMS = ProgramFrontend()
