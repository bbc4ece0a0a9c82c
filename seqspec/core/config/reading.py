"""Reads a configuration and those that it extends; all errors are reported with their location."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from seqspec.core.catalog.keras_object import given_arguments
from seqspec.core.catalog.markers import Absent, Expects
from seqspec.core.catalog.types import read_by
from seqspec.core.catalog.validation import validate, wrong_type
from seqspec.core.config import patterns
from seqspec.core.config import rule_selection as rules
from seqspec.core.config.patterns import Patterns, relative, repository
from seqspec.core.config.settings import ConfigLayer, ConfigurationError, PerFileIgnore, format_location
from seqspec.core.diagnostics.violation import Path, SourceLocation, Violation, Violations
from seqspec.core.document.base_table import Table
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.limits import LIMITS, Limits, is_outside
from seqspec.core.syntax.source import parse_text, read_source

_MAX_LIMITS = Limits(
    bytes=1 << 28, depth=1_000, layers=10_000_000, values=100_000_000, files=1_000, columns=10_000_000,
    expansion=1_000_000, pixels=10_000_000_000,
)  # fmt: skip
"""The maximum limits that a configuration can set."""


def _file(value: str) -> str:
    if not value or "\0" in value:
        raise wrong_type("a file path", value)
    return value


def _keras_version(value: str) -> str:
    if re.fullmatch(r"[123](\.\d+){0,2}", value) is None:
        raise wrong_type('a version of Keras, such as "3" or "2.15"', value)
    return value


def _pattern(value: str) -> str:
    fault = patterns.pattern_error(value)
    if fault:
        raise Violation("bad-configuration", fault)
    return value


def _rule(value: str, silences: bool = False) -> str:
    fault = rules.validate_selector(value, silences=silences)
    if fault:
        message, help = fault
        raise Violation("bad-configuration", message, help=help)
    return value


def _silenced(value: str) -> str:
    return _rule(value, silences=True)


def _by_key(value: object, expected: str, check: Callable[[str, object], object]) -> dict[str, object]:
    """A table with user-defined keys; `check` raises for an invalid key."""
    if not isinstance(value, Mapping):
        raise wrong_type(expected, value)
    read: dict[str, object] = {}
    wrong: list[Violation] = []
    for key, entry in value.items():
        try:
            read[key] = check(key, entry)
        except Violation as violation:
            wrong.append(violation.prefixed(key))
        except Violations as several:
            for item in several.items:
                wrong.append((item.with_subject(key) if item.is_element else item).prefixed(key))
    if wrong:
        raise Violations(wrong)
    return read


def _at_key(check: Callable[[str], object], key: str) -> None:
    try:
        check(key)
    except Violation as violation:
        raise violation.replace(anchor="key") from None


def _severity(key: str, value: object) -> object:
    _at_key(_rule if value == "error" else _silenced, key)
    try:
        return validate(_Severity, value)
    except Violation as violation:
        raise violation.with_subject(key)


def _per_file_ignores(key: str, value: object) -> object:
    pattern, mark, pointer = key.partition("#")
    _at_key(_pattern, pattern)
    if mark and not pointer.startswith("/"):
        message = "# must be followed by a JSON Pointer, such as #/model/layers/3"
        raise Violation("bad-configuration", message, anchor="key")
    try:
        return validate(list[SilencedRule], value)
    except Violation as violation:
        raise violation.with_subject(key)


_Severity = Literal["error", "warning", "info"]
_SEVERITIES = 'a table of rules and severities, such as SEQ022 = "error"'
_PER_FILE_IGNORES = 'a table of patterns and rules, such as "old/*.toml" = ["SEQ022"]'

KerasVersion = Annotated[str, AfterValidator(_keras_version), Expects("a version of Keras")]
File = Annotated[str, AfterValidator(_file), Expects("a file path")]
Pattern = Annotated[str, AfterValidator(_pattern), Expects("a pattern")]
Rule = Annotated[str, AfterValidator(_rule), Expects("a rule")]
SilencedRule = Annotated[str, AfterValidator(_silenced), Expects("a rule")]
Severities = Annotated[dict[str, str], *read_by(lambda value: _by_key(value, _SEVERITIES, _severity), _SEVERITIES)]
PerFileIgnores = Annotated[
    dict[str, list[str]],
    *read_by(lambda value: _by_key(value, _PER_FILE_IGNORES, _per_file_ignores), _PER_FILE_IGNORES),
]


def _limit(name: str, description: str) -> Any:
    """The field of a limit, between 1 and the greatest one."""
    return Field(default=getattr(LIMITS, name), ge=1, le=getattr(_MAX_LIMITS, name), description=description)


class LimitsTable(Table):
    """Limits on the size of a spec and its data."""

    title = "limits"

    bytes: int = _limit("bytes", "Size of one file.")
    depth: int = _limit("depth", "Levels of tables and lists.")
    layers: int = _limit("layers", "Layers of the expanded model.")
    values: int = _limit("values", "Values of the expanded spec.")
    files: int = _limit("files", "Specs of one chain of extends.")
    columns: int = _limit("columns", "Columns of a table of training data.")
    expansion: int = _limit("expansion", "Size of training data in memory as a multiple of that of its files.")
    pixels: int = _limit("pixels", "Pixels of an image of training data.")


class Configuration(Table):
    """A configuration: `seqspec.toml`, or the table `[tool.seqspec]` of `pyproject.toml`."""

    title = "the configuration"

    extend: Annotated[File | None, Absent()] = Field(default=None, description="Configuration that this one extends.")
    include: Annotated[list[Pattern] | None, Absent()] = Field(default=None, description="Files that are specs.")
    exclude: Annotated[list[Pattern] | None, Absent()] = Field(
        default=None, description="Files and folders that are left out."
    )
    extend_exclude: list[Pattern] = Field(
        default=[], alias="extend-exclude", description="More files and folders that are left out."
    )
    force_exclude: bool = Field(
        default=False, alias="force-exclude", description="Whether files that are named are left out too."
    )
    respect_gitignore: bool = Field(
        default=True, alias="respect-gitignore", description="Whether what git ignores is left out."
    )
    select: list[Rule] = Field(default=["ALL"], description="Rules that are reported.")
    ignore: list[SilencedRule] = Field(default=[], description="Rules that are not reported.")
    extend_select: list[Rule] = Field(default=[], alias="extend-select", description="More rules that are reported.")
    extend_ignore: list[SilencedRule] = Field(
        default=[], alias="extend-ignore", description="More rules that are not reported."
    )
    severity: Severities = Field(default={}, description="Severities of rules.")
    per_file_ignores: PerFileIgnores = Field(
        default={}, alias="per-file-ignores", description="Rules that are not reported in some files."
    )
    fail_on: Literal["error", "warning", "info", "never"] = Field(
        default="error", alias="fail-on", description="Minimum severity that makes a check fail."
    )
    fail_on_unchecked: Annotated[Literal["full", "graph", "calls", "settings"] | None, Absent()] = Field(
        default=None, alias="fail-on-unchecked", description="Minimum level at which every model must be checked."
    )
    min_severity: _Severity = Field(
        default="info", alias="min-severity", description="Minimum severity that is reported."
    )
    keras: Annotated[KerasVersion | None, Absent()] = Field(
        default=None, description="Version of Keras that programs are written for, such as 3.15."
    )
    policy: Annotated[File | None, Absent()] = Field(default=None, description="JSON Schema of the project policy.")
    baseline: Annotated[File | None, Absent()] = Field(default=None, description="File of known findings.")
    allow_data: list[File] = Field(
        default=[], alias="allow-data", description="Folders outside of the project that specs may read data from."
    )
    allow_output: list[File] = Field(
        default=[], alias="allow-output", description="Folders outside of the project that training may write to."
    )
    limits: Annotated[LimitsTable | None, Absent()] = Field(
        default=None, description="Limits on the size of a spec and its data."
    )

    @classmethod
    def unknown_argument_help(cls, key: str) -> str | None:
        if key in ("seqspec", "model", "compile", "layers"):
            return "this file configures seqspec; name specs like model.seqspec.toml"
        return None


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
