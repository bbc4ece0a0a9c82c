"""The keys of a configuration, declared like the tables of a spec."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from seqspec.core.catalog.markers import Absent, Expects
from seqspec.core.catalog.types import read_by
from seqspec.core.catalog.validation import validate, wrong_type
from seqspec.core.config import patterns
from seqspec.core.config import rule_selection as rules
from seqspec.core.diagnostics.violation import Violation, Violations
from seqspec.core.document.base_table import Table
from seqspec.core.syntax.limits import LIMITS, Limits

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
        default=None, description="Version of Keras that programs are for, such as 3.15."
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
