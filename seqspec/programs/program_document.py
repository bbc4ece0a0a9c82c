"""The models of a program as documents: each with a tree like that of a TOML file, and places in the Python source."""

from __future__ import annotations

import ast
import re
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from seqspec.core.api.diagnostics import Path
from seqspec.core.api.files import Limits
from seqspec.core.api.messages import PYTHON, Notation
from seqspec.core.api.shapes import Graph, GraphDocument
from seqspec.core.api.syntax import Document, Tree
from seqspec.programs.graphs.functional_models import input_tensor
from seqspec.programs.layers.gradients import named_losses
from seqspec.programs.layers.program_model import ProgramModel
from seqspec.programs.migration.findings import Migration, read_migration
from seqspec.programs.migration.target import assumed_target
from seqspec.programs.models.history_reads import missing_logs, unknown_monitors
from seqspec.programs.models.model_reader import read_detached_layers, read_models
from seqspec.programs.models.training_loops import loop_mistakes, trainable_changes
from seqspec.programs.models.unused import unused_objects
from seqspec.programs.python.evaluation import EVALUATORS, follow_program
from seqspec.programs.python.imports import ImportedModules
from seqspec.programs.python.interpreter import Interpreter
from seqspec.programs.source.contents import (
    NOTHING,
    Contents,
    is_posted,
    mentions_model,
    other_framework,
    read_contents,
)
from seqspec.programs.source.imported_files import ImportedFile, ImportedFiles, PlaceNames
from seqspec.programs.source.program_source import NotebookCell, Source, cell_at, read_source
from seqspec.programs.values.abstract_values import CodeViolation
from seqspec.programs.values.spans import keyword_span, part_of_string, position, span_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seqspec.core.api.diagnostics import Span
    from seqspec.core.api.frontends import KerasTarget
    from seqspec.core.api.syntax import Range
    from seqspec.programs.source.edits import ProgramFixes

_TRAINS = re.compile(r"\.(compile|fit|fit_generator)\(")

_NOTEBOOK_BYTES = 50_000_000
"""Notebooks can be larger because of the outputs of their cells, which are ignored."""


class Program(NamedTuple):
    """A program that was read.

    Attributes:
        source: Its text, and the faults in it.
        models: Its models, in the order of the file.
        exhausted: Whether it takes more steps than are followed, so that models may be missing.
        mentions_model: Whether its text may contain a Keras model; if not, it is not followed.
        contents: The models and classes that its syntax shows.
        reached: The identities of the calls that create models and were followed.
        compiled: The identities of the calls of `compile` that were followed.
        migration: What of it Keras 3 treats differently; None if it does not use Keras.
        target: The Keras that it is for; None if it does not use Keras.
        notes: The mistakes outside of its models.
        imports: The files that it imports; None where it was followed alone.
        detached: The layers outside of its models.
    """

    source: Source
    models: list[ProgramModel]
    exhausted: bool
    mentions_model: bool
    contents: Contents
    reached: frozenset[int] = frozenset()
    compiled: frozenset[int] = frozenset()
    migration: Migration | None = None
    target: KerasTarget | None = None
    notes: Sequence[CodeViolation] = ()
    imports: ImportedFiles | None = None
    detached: Sequence[ProgramModel] = ()

    @property
    def places(self) -> PlaceNames:
        """What the texts of findings call the places of other code."""
        return PlaceNames(self.imports, self.source.cells)

    @property
    def text(self) -> str:
        """Its text, and that of the files that it imports after it."""
        return self.source.text if self.imports is None else self.imports.text

    def part_at(self, line: int) -> NotebookCell | ImportedFile | None:
        """The cell or the imported file with a line of the text; None for a line of a file without cells."""
        imported = self.imported_at(line)
        return imported if imported is not None else cell_at(line, self.source.cells)

    def imported_at(self, line: int) -> ImportedFile | None:
        """The imported file with a line of the text."""
        return None if self.imports is None else self.imports.at(line)

    def skipped_compiles(self) -> Iterator[ast.Call]:
        """The calls of `compile` that were not followed, those of imported files included."""
        files = () if self.imports is None else self.imports.files
        for tree in (self.source.tree, *(file.source.tree for file in files)):
            for node in ast.walk(tree) if tree is not None else ():
                match node:
                    case ast.Call(func=ast.Attribute(attr="compile")) if id(node) not in self.compiled:
                        yield node

    def own_node(self, node: ast.AST) -> ast.AST:
        """The node, or the statement of the program that imports the file with it."""
        imported = self.imported_at(position(node)[0])
        return node if imported is None else imported.statement


def read_program(
    text: str, notebook: bool = False, file: str | None = None, keras: str | KerasTarget | None = None
) -> Program:
    """The models of a Python file or a notebook; nothing in it is run or imported.

    Args:
        text: The text of the file.
        notebook: Whether it is a Jupyter notebook.
        file: Its file, whose project may say for which Keras it is.
        keras: The version of Keras that it is for; None if it or its project says it.
    """
    other = other_framework(text) is not None
    mentioned = "Sequential" in text or ("Model(" in text and "Input(" in text) or mentions_model(text)
    mentioned = mentioned or (not notebook and not other and is_posted(text))
    if not mentioned and not notebook and "keras" not in text and not other:
        # A file without Keras is skipped, whether or not it is valid Python.
        return _read_training(text, file, keras) or Program(Source(text, None, None, []), [], False, False, NOTHING)
    source = read_source(text, notebook)
    if not mentioned:
        unread = [*source.faults, *source.unread]
        source = source._replace(faults=[], unread=[] if source.cells else unread)
    contents = NOTHING if source.tree is None else read_contents(source.tree)
    migration = read_migration(source, file, keras, mentioned and not other)
    if source.tree is None or not contents.is_followed:
        target = None if migration is None else migration.target
        return Program(source, [], False, mentioned, contents, migration=migration, target=target)
    files = None if file is None else ImportedFiles(file, source.text)
    return _followed(source, contents, mentioned, migration, files, keras)


def _read_training(text: str, file: str | None, keras: str | KerasTarget | None) -> Program | None:
    """A program without the word Keras that trains a model of the files that it imports; None for any other."""
    if file is None or not _TRAINS.search(text):
        return None
    source = read_source(text, False)
    files = ImportedFiles(file, text)
    if source.tree is None or not files.mention_keras(source.tree):
        return None
    program = _followed(source, read_contents(source.tree), True, None, files, keras)
    return program if program.models else None


def _followed(
    source: Source,
    contents: Contents,
    mentioned: bool,
    migration: Migration | None,
    files: ImportedFiles | None,
    keras: str | KerasTarget | None,
) -> Program:
    assert source.tree is not None
    interpreter = _interpret(source, migration, files, keras)
    if interpreter.exhausted and files is not None and files.files:
        files = None
        interpreter = _interpret(source, migration, None, keras)
    reached = frozenset(id(model.node) for model in interpreter.models)
    calls = (call for model in interpreter.models for state in model.states for call in state.calls)
    compiled = frozenset(id(call.node) for call in calls if call.method == "compile")
    models = read_models(interpreter, source.tree)
    notes = list(interpreter.notes)
    if not source.faults and not source.unread:
        notes += [*unused_objects(interpreter, source.tree), *missing_logs(models, source.tree)]
        notes += named_losses(interpreter.functions) if not contents.compiled else ()
        notes += [*unknown_monitors(models), *trainable_changes(interpreter.models, source.tree, interpreter.places)]
        if "GradientTape" in source.text:
            notes += loop_mistakes(interpreter.tensors, source.tree)
    if files is not None:
        notes = [note for note in notes if files.at(position(note.node)[0]) is None]
    target = interpreter.target or assumed_target()
    followed = (interpreter.exhausted, mentioned, contents, reached, compiled, migration, target, notes, files)
    return Program(source, models, *followed, read_detached_layers(interpreter))


def _interpret(
    source: Source, migration: Migration | None, files: ImportedFiles | None, keras: str | KerasTarget | None
) -> Interpreter:
    decided = None if migration is None or migration.target.is_assumed else migration.target
    imports = None if files is None else ImportedModules(files, decided or keras)
    interpreter = Interpreter(EVALUATORS, imports, source.cells)
    interpreter.target = decided
    if migration is not None:
        interpreter.generation, interpreter.is_early = migration.generation, migration.is_early
    assert source.tree is not None
    follow_program(interpreter, source.tree)
    return interpreter


class ProgramDocument(Document):
    """The text of a Python program, without a tree."""

    frontend: ClassVar[str | None] = "programs"
    only_format = "python"

    @property
    def notation(self) -> Notation:
        """That of Python."""
        return PYTHON

    @classmethod
    def encoding(cls, data: bytes) -> str:
        """The encoding that a Python file declares in its first two lines."""
        head = b"\n".join(data[:1000].split(b"\n", 2)[:2])
        match = re.search(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", head, re.M)
        return match[1].decode("ascii", "replace") if match is not None else "utf-8"

    def comments(self) -> list[Range]:
        """The offsets of every comment, as far as the text can be tokenized."""
        import io
        import tokenize

        ranges: list[Range] = []
        try:
            for token in tokenize.generate_tokens(io.StringIO(self.text or "").readline):
                if token.type == tokenize.COMMENT:
                    line, column = token.start
                    start = self.offset(line, column + 1)
                    ranges.append((start, start + len(token.string)))
        except (tokenize.TokenError, SyntaxError, IndexError):
            # The comments before a syntax error, or an IPython line, are known.
            pass
        return ranges


class NotebookDocument(ProgramDocument):
    """The JSON text of a notebook, whose findings have their positions in cells."""

    only_format = "notebook"
    has_positions = False

    def contains(self, file: str | None) -> bool:
        """Whether a finding with this file is in one of the cells."""
        return file == self.file or (file is not None and file.startswith(f"{self.file}:cell "))

    @classmethod
    def max_bytes(cls, limits: Limits) -> int:
        """The maximum size of a file."""
        return max(_NOTEBOOK_BYTES, limits.bytes)

    @classmethod
    def encoding(cls, data: bytes) -> str:
        """The encoding of JSON."""
        return "utf-8"

    def comments(self) -> list[Range]:
        """None: comments of cells are in the program that the cells make up."""
        return []


class ModelDocument(ProgramDocument, GraphDocument):
    """A model of a program as a document: paths of its tree have places in the Python source.

    Attributes:
        program_model: What was read of the model.

    Args:
        program: The program, where places in imported files are those of the statements that import them.
    """

    frontend = None

    def __init__(
        self,
        tree: Tree,
        program_model: ProgramModel,
        text: str,
        file: str | None,
        lines: list[str],
        program: Program | None = None,
    ) -> None:
        self._inputs, self._output = tree.pop("inputs", ()), tree.pop("output", 0)
        self._first_input = tree["model"].get("input")
        super().__init__(tree, text, file, "python")
        self.program_model = program_model
        self.model = program_model.expression
        self.undetermined = program_model.undetermined()
        self.lines = lines
        self._program = program

    @cached_property
    def graph(self) -> Graph | None:
        """The calls of the model; None for a chain."""
        model = self.program_model
        if model.calls is None:
            return None
        inputs = [input_tensor(value) for value in (self._first_input, *self._inputs)]
        return Graph(inputs, model.calls, model.outputs, self._output, *model.tensor_names)

    def result_of(self, layer: int) -> str | None:
        """The variable with the tensor that a layer returns."""
        return self.program_model.results.get(layer)

    @cached_property
    def fix_writer(self) -> ProgramFixes:  # type: ignore[override]  # computed when there is a fix
        """Edits the calls of the program."""
        from seqspec.programs.source.edits import ProgramFixes

        return ProgramFixes(self.tree, self.program_model, self.lines)

    def span(self, path: Path, anchor: str = "value", string_range: tuple[int, int] | None = None) -> Span | None:
        """The place of the expression that a value came from; of the nearest table around it where it has none."""
        known = path
        while known not in self.program_model.values:
            known = known[:-1]
        if anchor == "key" and known in self.program_model.keys:
            return keyword_span(self.program_model.keys[known], self.lines)
        node = self.program_model.values[known]
        if self._program is not None and (own := self._program.own_node(node)) is not node:
            return span_of(own, self.lines)
        span = span_of(node, self.lines)
        if (
            string_range is not None
            and known == path
            and isinstance(node, ast.Constant)
            and isinstance(node.value, str)
        ):
            return part_of_string(span, string_range, self.lines)
        return span
