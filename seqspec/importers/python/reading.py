"""What was read of one model: a spec tree with the expression that each value came from, and what is not known."""

from __future__ import annotations

import ast
from typing import Any, NamedTuple

from seqspec.importers.python.values import Argument, Unknown

Path = tuple[str | int, ...]


class Note(NamedTuple):
    """What could not be read, or was read in one of several ways.

    `kind` is `"own-layer"`, `"own-code"`, `"unknown-layer"`, `"unknown-loop"`, `"unknown-condition"`,
    `"unknown-layers"`, `"filled-elsewhere"`, `"left-out"` or `"read-as"`.
    """

    kind: str
    message: str
    node: ast.AST


class Slot(NamedTuple):
    """A place of the tree whose value the file does not say.

    `values` are what it may be tried with; an empty one says that the key is left out.
    """

    path: Path
    unknown: Unknown
    values: tuple[Any, ...]
    is_size: bool


class Reading:
    """One model of a program.

    Attributes:
        label: The variable or function that the program knows it by, and `names`, all of them.
        node: The call that makes it.
        tree: The spec, as parsed from TOML; an `Unknown` marks a value that the file does not determine.
        values: The expression of each value, by its path in the tree.
        keys: The keyword of each argument, by its path.
        slots: The places of the tree that hold an `Unknown`.
        opaque: The expressions of layers whose shapes are not known, by path: custom layers, or layers with code.
        notes: What to report.
        left_out: Paths of layers and objects of which an argument is not known, so that it is left out.
        unsaid: What is left out because the file does not specify it: `"metrics"`, `"adapt"`, ...
        complete: Whether every layer is known, with its arguments or with only sizes unknown.
        doubtful: Whether it is not known which layers there are, so that nothing can be said of shapes.
        input_known: Whether the program says what comes in.
    """

    def __init__(self, label: str | None, node: ast.AST) -> None:
        self.label = label
        self.names: set[str] = set()
        self.node = node
        self.tree: dict[str, Any] = {"seqspec": 1, "model": {}}
        self.values: dict[Path, ast.AST] = {(): node, ("model",): node}
        self.keys: dict[Path, ast.keyword] = {}
        self.slots: list[Slot] = []
        self.opaque: dict[Path, ast.AST] = {}
        self.notes: list[Note] = []
        self.unsaid: set[str] = set()
        self.left_out: list[Path] = []
        self.complete = True
        self.doubtful = False
        self.input_known = True

    def place(self, path: Path, argument: Argument) -> None:
        """Notes which argument a value came from."""
        self.values[path] = argument.node
        if argument.keyword is not None and not argument.spread:
            self.keys[path] = argument.keyword

    def note(self, kind: str, message: str, node: ast.AST) -> None:
        """Adds a note, once."""
        note = Note(kind, message, node)
        if note not in self.notes:
            self.notes.append(note)
