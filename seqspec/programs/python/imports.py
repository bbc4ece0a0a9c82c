"""Imports of files of the project: what they define is followed like what the program itself defines."""

from __future__ import annotations

import ast
import os
from typing import TYPE_CHECKING, Any

from seqspec.core.api.frontends import KerasTarget
from seqspec.programs.migration.migration import read_migration
from seqspec.programs.source.imported_files import ImportedFile, ImportedFiles, ModuleName, imported_modules
from seqspec.programs.values.abstract_values import MISSING, Environment, Frame, Instance, ModelValue

if TYPE_CHECKING:
    from seqspec.programs.python.interpreter import Interpreter


class ImportedModules:
    """The variables of the files that a program imports.

    Args:
        files: Those files.
        keras: The Keras that the program is for; None if only one of these files may say it.
    """

    def __init__(self, files: ImportedFiles, keras: str | KerasTarget | None) -> None:
        self.files = files
        self._keras = keras
        self._modules: dict[str, Environment] = {}
        self._models: list[ModelValue] = []

    def follow(self, interpreter: Interpreter, tree: ast.Module) -> None:
        """Follows the files that a program or one of these files imports, each once."""
        for node, module in imported_modules(tree):
            path = self.files.find(module, node.lineno)
            file = None if path is None or path in self._modules else self.files.read(path, node)
            if path is not None and file is not None:
                self._follow_file(interpreter, path, file)

    def _follow_file(self, interpreter: Interpreter, path: str, file: ImportedFile) -> None:
        tree = file.source.tree
        assert tree is not None
        env = self._modules[path] = Environment()
        env.variables["__name__"] = path
        self.follow(interpreter, tree)
        migration = read_migration(file.source, path, self._keras)
        if migration is not None and migration.generation < interpreter.generation:
            interpreter.generation, interpreter.is_early = migration.generation, migration.is_early
        if migration is not None and interpreter.target is None and not migration.target.is_assumed:
            target = migration.target
            interpreter.target = target._replace(reason=f"{target.reason}, in the imported {os.path.basename(path)}")
        own: list[list[Any]] = [interpreter.models, interpreter.functions, interpreter.classes, interpreter.tensors]
        own += [interpreter.training_objects, interpreter.notes]
        counts = [len(findings) for findings in own]
        interpreter.block(tree.body, Frame(env))
        self._models += interpreter.models[counts[0] :]
        for findings, count in zip(own, counts):
            del findings[count:]

    def value(self, module: ModuleName, name: str | None, line: int) -> object:
        """What a line imports: a name of a module, or the module; `MISSING` where the project has no such file."""
        imported = self._module(module, line)
        if name is None:
            return MISSING if imported is None else Instance(None, imported.variables)
        if imported is not None and name in imported.variables:
            return imported.variables[name]
        return self.value((*module, name), None, line)

    def public(self, module: ModuleName, line: int) -> dict[str, object]:
        """The variables that `import *` takes from a module."""
        imported = self._module(module, line)
        return {} if imported is None else {k: v for k, v in imported.variables.items() if not k.startswith("_")}

    def _module(self, module: ModuleName, line: int) -> Environment | None:
        path = self.files.find(module, line)
        return None if path is None else self._modules.get(path)

    def used_models(self) -> list[ModelValue]:
        """The models of these files that the program itself compiles or trains."""
        return [
            model
            for model in self._models
            if any(self.files.at(call.node.lineno) is None for state in model.states for call in state.calls)
        ]
