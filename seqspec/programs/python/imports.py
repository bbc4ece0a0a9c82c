"""Imports of files of the project: what they define is followed like what the program itself defines."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from seqspec.core.api.frontends import KerasTarget
from seqspec.programs.migration.findings import Migration, read_migration
from seqspec.programs.source.imported_files import ImportedFile, ImportedFiles, ModuleName, imported_modules
from seqspec.programs.values.abstract_values import MISSING, Environment, Instance, ModelValue


class ImportedModules:
    """The variables of the files that a program imports.

    Attributes:
        models: The models that they create.

    Args:
        files: Those files.
        keras: The Keras that the program is for; None if only one of these files may say it.
    """

    def __init__(self, files: ImportedFiles, keras: str | KerasTarget | None) -> None:
        self.files = files
        self._keras = keras
        self._modules: dict[str, Environment] = {}
        self.models: list[ModelValue] = []

    def pending(self, tree: ast.Module) -> Iterator[tuple[str, ImportedFile]]:
        """The files that a program or one of these files imports, and that are not followed yet, with their paths."""
        for node, module in imported_modules(tree):
            path = self.files.find(module, node.lineno)
            file = None if path is None or path in self._modules else self.files.read(path, node)
            if path is not None and file is not None:
                yield path, file

    def begin(self, path: str) -> Environment:
        """The variables of a file, without any but its name."""
        env = self._modules[path] = Environment()
        env.variables["__name__"] = path
        return env

    def migration(self, path: str, file: ImportedFile) -> Migration | None:
        """What a file says of the Keras that it is for."""
        return read_migration(file.source, path, self._keras)

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
            for model in self.models
            if any(self.files.at(call.node.lineno) is None for state in model.states for call in state.calls)
        ]
