"""Reads a configuration and those that it extends; all errors are reported with their location."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from seqspec.core.catalog.keras_object import given_arguments
from seqspec.core.config.keys import Configuration, LimitsTable
from seqspec.core.config.patterns import Patterns, relative, repository
from seqspec.core.config.settings import CONFIG_NAMES, ConfigLayer, ConfigurationError, PerFileIgnore, format_location
from seqspec.core.diagnostics.violation import Path, SourceLocation, Violation, WrittenDocument
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.limits import is_outside, project_of_configuration
from seqspec.core.syntax.source import parse_text, read_source

_TABLE = ("tool", "seqspec")


def read_layers(file: str, *, required: bool) -> list[ConfigLayer] | None:
    """The layers of a configuration, the given file last.

    A `pyproject.toml` configures seqspec in its table `[tool.seqspec]`. Without it, the result is None or, if the file
    is `required`, an error. A file is required if the caller names it: only then it may name files of any folder.

    Raises:
        ConfigurationError: One of the files is invalid. Its text is quoted if the caller names the file, or if it has
            the name of a configuration: others can be any file.
    """
    layers: list[ConfigLayer] = []
    seen: list[str] = []
    extending: SourceLocation | None = None
    while True:
        seen.append(os.path.realpath(file))
        is_named = required and not layers
        document = read_source(file)
        prefix = _TABLE if _is_pyproject(file) else ()
        try:
            table = _table_of(document, file)
            if table is None:
                if not required and not layers:
                    return None
                raise _error(*(extending or (document, ()))[:2], f"{file} has no table [tool.seqspec]")
            folder = os.path.dirname(os.path.abspath(file))
            project = None if is_named else _project(folder)
            layer = _read(document, table, prefix, folder, project)
            layers.insert(0, layer._replace(file=os.path.abspath(file), is_own=project is None))
            base = layer.values.get("extend")
            if base is None:
                return layers
            extending = SourceLocation(document, (*prefix, "extend"))
            file = _base(extending, base, seen)
        except ConfigurationError as error:
            if is_named or os.path.basename(seen[-1]) in CONFIG_NAMES:
                raise
            raise _without_text(document, error) from None


def _project(folder: str) -> str | None:
    """The project of a configuration; None if it is the caller's own, in the home folder, and may name any file."""
    is_own = os.path.realpath(folder) == os.path.realpath(os.path.expanduser("~"))
    return None if is_own and repository(folder) is None else project_of_configuration(folder)


def _without_text(document: Document, error: ConfigurationError) -> ConfigurationError:
    """The error without the text of its file."""
    location = error.violations[0].location
    span = None if location is None else location.span()
    place = "" if span is None else f": line {span.line}, column {span.column}"
    help = f"the reason: seqspec config --config {document.file}"
    return _error(Document({}, None, document.file), (), f"this is not a valid configuration{place}", help)


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


def _base(extending: SourceLocation, base: str, seen: list[str]) -> str:
    """The path of the configuration that another one extends, as messages show it."""
    document, path = extending.document, extending.path
    shown = relative(base, os.getcwd()) or base
    if os.path.realpath(base) in seen:
        raise _error(document, path, "the configuration extends itself")
    if not os.path.isfile(base):
        wrong = f"{shown} is not a file" if os.path.lexists(base) else f"file {shown} does not exist"
        raise _error(document, path, wrong)
    return shown


def _read(
    document: Document, table: Mapping[str, object], prefix: Path, base: str, project: str | None = None
) -> ConfigLayer:
    """The layer of a table; paths are relative to `base`, and within `project`, if there is one."""
    violations: list[Violation] = []
    read = Configuration.read(table, violations)
    if violations or read is None:
        raise ConfigurationError([_located(violation, document, prefix) for violation in violations])
    values: dict[str, object] = {}
    origins: dict[str, str] = {}
    for name, value in given_arguments(read).items():
        key = Configuration.model_fields[name].alias or name
        path = (*prefix, key)
        if key in ("extend", "policy", "baseline"):
            value = _file_named(value, SourceLocation(document, path), base, project)
        values[key] = _value(key, value, base)
        origins[key] = format_location(document, path)
    return ConfigLayer(values, origins)


def _value(key: str, value: Any, base: str) -> object:
    """The value of a key, with paths and patterns relative to the folder of the configuration."""
    if key in ("include", "exclude", "extend-exclude"):
        return Patterns(base, value)
    if key in ("allow-data", "allow-output"):
        return tuple(path if "://" in path else os.path.join(base, os.path.expanduser(path)) for path in value)
    if key == "per-file-ignores":
        return {
            files_and_pointer: _per_file_ignore(files_and_pointer, rules, base)
            for files_and_pointer, rules in value.items()
        }
    if isinstance(value, LimitsTable):
        return given_arguments(value)
    return tuple(value) if isinstance(value, list) else value


def _file_named(value: str, location: SourceLocation, base: str, project: str | None) -> str:
    """The absolute path of a file that a key names."""
    file = os.path.normpath(os.path.join(base, os.path.expanduser(value)))
    if project is not None and is_outside(file, project):
        key = location.path[-1]
        means = "a link that leads out of the project" if relative(file, project) is not None else "outside the project"
        help = f"the project is {project}; only a configuration that is named with --config may name other files"
        raise _error(location.document, location.path, f"{key} is {means}", help)
    return file


def _per_file_ignore(files_and_pointer: str, rules: Sequence[str], base: str) -> PerFileIgnore:
    pattern, _, pointer = files_and_pointer.partition("#")
    return PerFileIgnore(Patterns(base, (pattern,)), pointer.rstrip("/"), tuple(rules))


def _located(violation: Violation, document: Document, prefix: Path) -> Violation:
    path = (*prefix, *violation.path)
    location = SourceLocation(document, path, violation.anchor, violation.string_range)
    return _as_configuration_error(violation.replace(location=location))


def _error(document: WrittenDocument, path: Path, message: str, help: str | None = None) -> ConfigurationError:
    location = SourceLocation(document, path)
    return ConfigurationError([Violation("bad-configuration", message, help=help, location=location)])


def _as_configuration_error(violation: Violation) -> Violation:
    return violation.replace(rule="bad-configuration")
