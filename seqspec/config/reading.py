"""Reading one configuration and those that it extends; everything that is wrong is reported at its place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from seqspec.config.config_layer import ConfigLayer, ConfigurationError, place_words
from seqspec.config.gitignore import repository
from seqspec.config.keys import KEYS, Entry, unknown
from seqspec.config.patterns import relative
from seqspec.diagnostics.source_location import SourceLocation
from seqspec.diagnostics.violation import Path, Violation, Violations
from seqspec.syntax.document import Document
from seqspec.syntax.read import leaves
from seqspec.syntax.source import parse_text, read_source

_TABLE = ("tool", "seqspec")


def read_layers(file: str, *, required: bool) -> list[ConfigLayer] | None:
    """The layers of a configuration, that of the file last.

    A `pyproject.toml` configures seqspec where it has the table `[tool.seqspec]`. Without it the result is None, or,
    where it is `required`, an error.
    """
    document = read_source(file)
    table = _table_of(document, file)
    if table is None:
        if not required:
            return None
        raise ConfigurationError([_at(document, (), f"{file} has no table [tool.seqspec]")])
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
        raise ConfigurationError([_configuring(violation) for violation in document.violations])
    if "extend" in document.tree:
        raise ConfigurationError(
            [_at(document, ("extend",), "extend is only allowed in a file, not on the command line")]
        )
    return _read(document, document.tree, (), base)


def read_option(key: str, value: Any, base: str) -> ConfigLayer:
    """The layer of an option of the command line that is named as its key."""
    document = Document({key: value}, None, f"--{key}")
    return ConfigLayer(_read(document, document.tree, (), base).values, {key: f"--{key}"}, option=True)


def _is_pyproject(file: str) -> bool:
    return os.path.basename(file) == "pyproject.toml"


def _table_of(document: Document, file: str) -> Mapping[str, Any] | None:
    if document.violations:
        raise ConfigurationError([_configuring(violation) for violation in document.violations])
    tree: Any = document.tree
    for key in _TABLE if _is_pyproject(file) else ():
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    if tree is not None and not isinstance(tree, Mapping):
        raise ConfigurationError([_at(document, _TABLE, "tool.seqspec must be a table")])
    return tree


def _base(document: Document, path: Path, base: str, seen: list[str]) -> tuple[Document, Mapping[str, Any], str]:
    """The configuration that another one names with `extend`."""
    shown = relative(base, os.getcwd()) or base
    if os.path.realpath(base) in seen:
        raise ConfigurationError([_at(document, path, "the configuration extends itself")])
    if not os.path.isfile(base):
        raise ConfigurationError([_at(document, path, f"file {shown} does not exist")])
    project = repository(os.getcwd()) or os.getcwd()
    found = read_source(shown)
    if found.violations and leaves(base, project):
        # The file may be any of the machine, and its text is private.
        raise ConfigurationError([_at(document, path, f"{shown} is not a configuration")])
    table = _table_of(found, shown)
    if table is None:
        raise ConfigurationError([_at(document, path, f"{shown} has no table [tool.seqspec]")])
    return found, table, shown


def _read(document: Document, table: Mapping[str, Any], prefix: Path, base: str) -> ConfigLayer:
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    violations: list[Violation] = []
    for key, value in table.items():
        path = (*prefix, key)
        entry = Entry(value, document, path, base)
        read = KEYS.get(key)
        if read is None:
            violations.append(unknown(entry, key, tuple(KEYS)))
            continue
        try:
            values[key] = read(entry)
        except Violation as violation:
            violations.append(violation)
        except Violations as several:
            violations += several.items
        else:
            origins[key] = place_words(document, path)
    if violations:
        raise ConfigurationError(violations)
    return ConfigLayer(values, origins)


def _at(document: Document, path: Path, message: str) -> Violation:
    return Violation("bad-configuration", message, location=SourceLocation(document, path))


def _configuring(violation: Violation) -> Violation:
    violation.rule = "bad-configuration"
    return violation
