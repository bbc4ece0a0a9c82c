"""Follows a whole program: the files that it imports, its statements, and the functions that it does not call."""

from __future__ import annotations

import ast
import os
from typing import Any

from seqspec.programs.python.calls import call_value
from seqspec.programs.python.expressions import HANDLERS
from seqspec.programs.python.functions import call_uncalled
from seqspec.programs.python.imports import ImportedModules
from seqspec.programs.python.interpreter import MAX_STEPS, Evaluators, Exhausted, Interpreter
from seqspec.programs.python.statements import STATEMENTS
from seqspec.programs.source.imported_files import ImportedFile
from seqspec.programs.values.abstract_values import Environment, Frame

EVALUATORS = Evaluators(HANDLERS, STATEMENTS, call_value)

_MAX_IMPORT_STEPS = 20_000
"""Maximum number of expressions and statements that are evaluated in the bodies of the files that a program imports."""


def follow_program(interpreter: Interpreter, tree: ast.Module) -> None:
    """Follows a module, and then the functions and methods that it does not call."""
    interpreter.tree, imports = tree, interpreter.imports
    try:
        if imports is not None:
            interpreter.steps = MAX_STEPS - _MAX_IMPORT_STEPS
            _follow_imports(interpreter, imports, tree)
            interpreter.steps = 0
        interpreter.block(tree.body, Frame(Environment()))
        call_uncalled(interpreter)
        if imports is not None:
            interpreter.models += imports.used_models()
    except (Exhausted, RecursionError):
        interpreter.exhausted = True


def _follow_imports(interpreter: Interpreter, imports: ImportedModules, tree: ast.Module) -> None:
    """Follows the files that a program or one of these files imports, each once."""
    for path, file in imports.pending(tree):
        _follow_file(interpreter, imports, path, file)


def _follow_file(interpreter: Interpreter, imports: ImportedModules, path: str, file: ImportedFile) -> None:
    tree = file.source.tree
    assert tree is not None
    env = imports.begin(path)
    _follow_imports(interpreter, imports, tree)
    migration = imports.migration(path, file)
    if migration is not None and migration.generation < interpreter.generation:
        interpreter.generation, interpreter.is_early = migration.generation, migration.is_early
    if migration is not None and interpreter.target is None and not migration.target.is_assumed:
        target = migration.target
        interpreter.target = target._replace(reason=f"{target.reason}, in the imported {os.path.basename(path)}")
    own: list[list[Any]] = [interpreter.models, interpreter.functions, interpreter.classes, interpreter.tensors]
    own += [interpreter.training_objects, interpreter.notes]
    counts = [len(findings) for findings in own]
    interpreter.block(tree.body, Frame(env))
    imports.models += interpreter.models[counts[0] :]
    for findings, count in zip(own, counts):
        del findings[count:]
