"""The files of a project that a program imports: found by their names and parsed, never run."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from seqspec.core.api.files import read_file, repository
from seqspec.programs.keras_api.keras_names import KERAS_PACKAGES
from seqspec.programs.source.program_source import NotebookCell, Source, cell_at, read_source
from seqspec.programs.values.spans import position

MAX_FILES = 20
"""Maximum number of files that are read for one program."""

_MAX_BYTES = 200_000
"""Maximum size of one of them."""

ModuleName = tuple[str, ...]
"""`("package", "module")`; a relative name has its dots first: `("..", "module")`."""


class ImportedFile(NamedTuple):
    """A file that a program imports. Its lines follow those of the program and of the files before it.

    Attributes:
        path: The file, as it is shown.
        module: The name under which the program can import it.
        line: Its first line in the text of all files.
        source: Its code, whose nodes have lines of that text.
        statement: The statement of the program that imports it, or the file that imports it.
    """

    path: str
    module: str
    line: int
    source: Source
    statement: ast.stmt

    def name(self, file: str) -> str:
        """Its name in findings on the program `file`."""
        return self.path

    def line_of(self, line: int) -> int:
        """A line of the text of all files as a line of this one."""
        return line - self.line + 1


class ImportedFiles:
    """The files that a program imports, directly or not.

    Args:
        file: The program.
        text: Its text.

    Attributes:
        program: The program.
        text: The text of the program and of all files that were read.
        files: Those files.
    """

    def __init__(self, file: str, text: str) -> None:
        self.program = file
        self._top = _top_folder(file)
        self._found: dict[tuple[str, ModuleName], str | None] = {}
        self._read: dict[str, ImportedFile | None] = {os.path.abspath(file): None}
        self.text = text
        self.files: list[ImportedFile] = []

    def at(self, line: int) -> ImportedFile | None:
        """The file with a line of the text; None for a line of the program."""
        return next((file for file in reversed(self.files) if file.line <= line), None)

    def find(self, module: ModuleName, line: int) -> str | None:
        """The file of a module that is imported in a line of the text; None where the project has no such file."""
        importer = self.at(line)
        folder = os.path.dirname(os.path.abspath(self.program if importer is None else importer.path))
        if (folder, module) not in self._found:
            self._found[folder, module] = self._find(module, folder)
        return self._found[folder, module]

    def _find(self, module: ModuleName, folder: str) -> str | None:
        """The file of a module that a file in a folder imports."""
        dots = len(module[0]) if module and not module[0].strip(".") else 0
        if dots:
            for _ in range(dots - 1):
                folder = os.path.dirname(folder)
            return self._file_in(folder, module[1:]) if _is_within(folder, self._top) else None
        if not module or module[0] in sys.stdlib_module_names or module[0] in KERAS_PACKAGES:
            return None
        while True:
            path = self._file_in(folder, module)
            if path is not None or folder == self._top or not _is_within(folder, self._top):
                return path
            folder = os.path.dirname(folder)

    def mention_keras(self, tree: ast.Module) -> bool:
        """Whether a file that a program imports, directly or not, has the word Keras."""
        pending = [tree]
        for pending_file in pending:
            for node, module in imported_modules(pending_file):
                path, known = self.find(module, node.lineno), len(self.files)
                file = None if path is None else self.read(path, node)
                if file is None or file.source.tree is None or len(self.files) == known:
                    continue
                if "keras" in file.source.text:
                    return True
                pending.append(file.source.tree)
        return False

    def _file_in(self, folder: str, names: ModuleName) -> str | None:
        base = os.path.join(folder, *names)
        for path in (*([f"{base}.py"] if names else []), os.path.join(base, "__init__.py")):
            if os.path.isfile(path) and _is_within(os.path.realpath(path), os.path.realpath(self._top)):
                return path
        return None

    def read(self, path: str, statement: ast.stmt) -> ImportedFile | None:
        """A file that `find` found; None where it cannot be read, or where it would be one too many."""
        if path not in self._read:
            self._read[path] = self._parse(path, statement) if len(self.files) < MAX_FILES else None
        return self._read[path]

    def _parse(self, path: str, statement: ast.stmt) -> ImportedFile | None:
        try:
            text = read_file(path, _MAX_BYTES).decode("utf-8").replace("\r\n", "\n")
        except (OSError, UnicodeDecodeError):
            return None
        source = read_source(text, notebook=False)
        if source.tree is None or source.faults:
            return None
        line = self.text.count("\n") + 2
        ast.increment_lineno(source.tree, line - 1)
        importer = self.at(statement.lineno)
        first = statement if importer is None else importer.statement
        folder = os.path.dirname(self.program)
        relative = os.path.relpath(path, folder or ".")
        module = relative.removesuffix(".py").removesuffix(f"{os.sep}__init__").replace(os.sep, ".").lstrip(".")
        file = ImportedFile(os.path.normpath(os.path.join(folder, relative)), module, line, source, first)
        self.text = f"{self.text}\n{text}"
        self.files.append(file)
        return file


class PlaceNames(NamedTuple):
    """What the texts of findings call the places of other code.

    Attributes:
        files: The files that the program imports; None where it is followed alone.
        cells: Its cells, if it is a notebook.
    """

    files: ImportedFiles | None
    cells: Sequence[NotebookCell] | None

    def name(self, node: ast.AST, near: int) -> str:
        """The place of a node for a finding at a line: `line 3`, `cell 2:3`, or `models.py:3` in another file."""
        line = position(node)[0]
        here, there = (None, None) if self.files is None else (self.files.at(near), self.files.at(line))
        if there is not None:
            place = there.line_of(line)
            return f"line {place}" if here is there else f"{os.path.basename(there.path)}:{place}"
        cell = cell_at(line, self.cells)
        if cell is not None:
            return f"cell {cell.number}:{cell.line_of(line)}"
        return (
            f"line {line}" if here is None or self.files is None else f"{os.path.basename(self.files.program)}:{line}"
        )


def imported_modules(tree: ast.Module) -> Iterator[tuple[ast.Import | ast.ImportFrom, ModuleName]]:
    """The statements of a file that import, each with every module that it may name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, tuple(alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            module = module_of(node)
            yield node, module
            for alias in node.names:
                yield node, (*module, alias.name)


def module_of(node: ast.ImportFrom) -> ModuleName:
    """The module from which a statement imports."""
    names = tuple(node.module.split(".")) if node.module else ()
    return ("." * node.level, *names) if node.level else names


def _top_folder(file: str) -> str:
    """The folder that has everything that a program may import: its repository, else the folder of its package."""
    folder = os.path.dirname(os.path.abspath(file))
    top = repository(folder)
    if top is not None:
        return top
    while os.path.isfile(os.path.join(folder, "__init__.py")) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return folder


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))
