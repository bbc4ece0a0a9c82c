"""Reads a configuration and those that it extends; all errors are reported with their location."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from seqspec.core.catalog.keras_object import given_arguments
from seqspec.core.config.keys import Configuration, LimitsTable
from seqspec.core.config.patterns import Patterns, relative, repository
from seqspec.core.config.settings import ConfigLayer, ConfigurationError, PerFileIgnore, format_location
from seqspec.core.diagnostics.violation import Path, SourceLocation, Violation
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.limits import is_outside
from seqspec.core.syntax.source import parse_text, read_source

_TABLE = ("tool", "seqspec")


def read_layers(file: str, *, required: bool) -> list[ConfigLayer] | None:
    """The layers of a configuration, the given file last.

    A `pyproject.toml` configures seqspec in its table `[tool.seqspec]`. Without it, the result is None or, if the file
    is `required`, an error.
    """
    document = read_source(file)
    table = _table_of(document, file)
    if table is None:
        if not required:
            return None
        raise _error(document, (), f"{file} has no table [tool.seqspec]")
    layers: list[ConfigLayer] = []
    seen: list[str] = []
    while True:
        seen.append(os.path.realpath(file))
        prefix = _TABLE if _is_pyproject(file) else ()
        layer = _read(document, table, prefix, os.path.dirname(os.path.abspath(file)))
        layers.insert(0, layer._replace(file=os.path.abspath(file)))
        base = layer.values.get("extend")
        if base is None:
            return layers
        document, table, file = _base(document, (*prefix, "extend"), base, seen)


def read_assignment(text: str, base: str) -> ConfigLayer:
    """The layer of a `KEY = VALUE` on the command line."""
    document = parse_text(text, "--config", "toml")
    if document.violations:
        raise ConfigurationError([_as_configuration_error(violation) for violation in document.violations])
    if "extend" in document.tree:
        raise _error(document, ("extend",), "extend is only allowed in a file, not on the command line")
    return _read(document, document.tree, (), base)


def read_option(key: str, value: object, base: str) -> ConfigLayer:
    """The layer of a command-line option with the name of its key."""
    document = Document({key: value}, None, f"--{key}")
    return ConfigLayer(_read(document, document.tree, (), base).values, {key: f"--{key}"}, option=True)


def _is_pyproject(file: str) -> bool:
    return os.path.basename(file) == "pyproject.toml"


def _table_of(document: Document, file: str) -> Mapping[str, object] | None:
    if document.violations:
        raise ConfigurationError([_as_configuration_error(violation) for violation in document.violations])
    tree: object = document.tree
    for key in _TABLE if _is_pyproject(file) else ():
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    if tree is not None and not isinstance(tree, Mapping):
        raise _error(document, _TABLE, "tool.seqspec must be a table")
    return tree


def _base(document: Document, path: Path, base: str, seen: list[str]) -> tuple[Document, Mapping[str, object], str]:
    """The configuration that another one extends."""
    shown = relative(base, os.getcwd()) or base
    if os.path.realpath(base) in seen:
        raise _error(document, path, "the configuration extends itself")
    if not os.path.isfile(base):
        raise _error(document, path, f"file {shown} does not exist")
    project = repository(os.getcwd()) or os.getcwd()
    base_document = read_source(shown)
    if base_document.violations and is_outside(base, project):
        # The path may refer to any file of the machine, so its text is not quoted.
        raise _error(document, path, f"{shown} is not a configuration")
    table = _table_of(base_document, shown)
    if table is None:
        raise _error(document, path, f"{shown} has no table [tool.seqspec]")
    return base_document, table, shown


def _read(document: Document, table: Mapping[str, object], prefix: Path, base: str) -> ConfigLayer:
    violations: list[Violation] = []
    read = Configuration.read(table, violations)
    if violations or read is None:
        raise ConfigurationError([_located(violation, document, prefix) for violation in violations])
    values: dict[str, object] = {}
    origins: dict[str, str] = {}
    for name, value in given_arguments(read).items():
        key = Configuration.model_fields[name].alias or name
        path = (*prefix, key)
        values[key] = _value(key, value, document, path, base)
        origins[key] = format_location(document, path)
    return ConfigLayer(values, origins)


def _value(key: str, value: Any, document: Document, path: Path, base: str) -> object:
    """The value of a key, with paths and patterns relative to the folder of the configuration."""
    if key in ("include", "exclude", "extend-exclude"):
        return Patterns(base, value)
    if key in ("extend", "policy", "baseline"):
        return _absolute_file(value, document, path, base)
    if key in ("allow-data", "allow-output"):
        return tuple(each if "://" in each else os.path.join(base, os.path.expanduser(each)) for each in value)
    if key == "per-file-ignores":
        return {
            files_and_pointer: _per_file_ignore(files_and_pointer, rules, base)
            for files_and_pointer, rules in value.items()
        }
    if isinstance(value, LimitsTable):
        return given_arguments(value)
    return tuple(value) if isinstance(value, list) else value


def _absolute_file(value: str, document: Document, path: Path, base: str) -> str:
    file = os.path.normpath(os.path.join(base, os.path.expanduser(value)))
    # Paths on the command line are chosen by the caller.
    if document.text is not None:
        project = repository(base) or base
        if relative(file, project) is not None and is_outside(file, project):
            message = f"{path[-1]} is a link that leads out of the project"
            raise _error(document, path, message, "name a file of the project")
    return file


def _per_file_ignore(files_and_pointer: str, rules: Sequence[str], base: str) -> PerFileIgnore:
    pattern, _, pointer = files_and_pointer.partition("#")
    return PerFileIgnore(Patterns(base, (pattern,)), pointer.rstrip("/"), tuple(rules))


def _located(violation: Violation, document: Document, prefix: Path) -> Violation:
    path = (*prefix, *violation.path)
    location = SourceLocation(document, path, violation.anchor, violation.string_range)
    return _as_configuration_error(violation.replace(location=location))


def _error(document: Document, path: Path, message: str, help: str | None = None) -> ConfigurationError:
    location = SourceLocation(document, path)
    return ConfigurationError([Violation("bad-configuration", message, help=help, location=location)])


def _as_configuration_error(violation: Violation) -> Violation:
    return violation.replace(rule="bad-configuration")
