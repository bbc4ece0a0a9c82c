"""The settings of a project: keys of a configuration, values with their origins, and the selection of rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field

from seqspec.core.catalog.markers import Absent, Expects
from seqspec.core.catalog.types import read_by
from seqspec.core.catalog.validation import validate, wrong_type
from seqspec.core.config import patterns
from seqspec.core.config.patterns import Patterns
from seqspec.core.diagnostics.codes import CODES, ESSENTIAL, GROUPS, Code
from seqspec.core.diagnostics.diagnostic import SEVERITIES
from seqspec.core.diagnostics.violation import Violation, Violations
from seqspec.core.document.base_table import Table
from seqspec.core.syntax.limits import LIMITS, Limits

if TYPE_CHECKING:
    from seqspec.core.diagnostics.diagnostic import Diagnostic
    from seqspec.core.diagnostics.suggest import Suggestion, SuggestionTemplate
    from seqspec.core.diagnostics.violation import Path
    from seqspec.core.syntax.document import Document


ALL = "ALL"
_EXACT = 100


def specificity(selector: str, name: str) -> int:
    """The specificity of a selector for a rule: 0 for `ALL`, higher for longer prefixes, -1 without a match."""
    if selector == ALL:
        return 0
    code = CODES[name].code
    if selector in GROUPS:
        return max((len(prefix) for prefix in GROUPS[selector] if code.startswith(prefix)), default=-1)
    if selector in (name, code):
        return _EXACT
    return len(selector) if _letters(selector) == _letters(code) and code.startswith(selector) else -1


def _letters(code: str) -> str:
    """The letters of a code: `SEQ` for the built-in rules. An incomplete prefix such as `SE` matches no rule."""
    return code.rstrip("0123456789")


def matching_rules(selector: str) -> list[Code]:
    """The rules that a selector matches."""
    return [entry for name, entry in CODES.items() if specificity(selector, name) >= 0]


def validate_selector(selector: str, *, silences: bool = False) -> tuple[str, str | None] | None:
    """The error in a selector and the help; None if it is valid.

    `silences` is for a selector that disables or downgrades rules.
    """
    matching = matching_rules(selector)
    if not matching:
        # The codes of plugins are registered when their rules are loaded.
        from seqspec.core.catalog.plugins import rule_plugins

        rule_plugins()
        matching = matching_rules(selector)
    if not matching:
        from seqspec.core.diagnostics.suggest import SuggestionTemplate

        otherwise = 'write a code, a code prefix such as "SEQ1", a rule name, or "ALL"'
        return f'unknown rule "{selector}"', suggest_rule(
            selector, otherwise, SuggestionTemplate.STRING, also=(ALL, *GROUPS)
        ).help_text
    if silences and len(matching) == 1 and matching[0].name in ESSENTIAL:
        entry = matching[0]
        message = f"{entry.code} {entry.name} cannot be disabled or downgraded: files with this error are not checked"
        return message, "exclude the file instead"
    return None


def suggest_rule(
    word: str, otherwise: str, form: SuggestionTemplate | None = None, also: Sequence[str] = ()
) -> Suggestion:
    """A suggestion of the rule that an unknown selector most likely refers to.

    `also` holds further candidates. An unknown number is not considered a misspelt code.
    """
    from seqspec.core.diagnostics.suggest import Suggestion, SuggestionTemplate, suggest

    codes = [entry.code for entry in CODES.values()]
    if re.fullmatch(r"[A-Za-z]+\d{3,}", word):
        same = next((code for code in codes if code == word.upper()), None)
        return Suggestion(same, form or SuggestionTemplate.WORD, otherwise)
    return suggest(word, [*CODES, *codes, *also], otherwise, form or SuggestionTemplate.WORD)


def is_selected(name: str, select: Iterable[str], ignore: Iterable[str]) -> bool:
    """Whether a rule is reported; the most specific selector takes precedence, and `ignore` wins a draw."""
    if name in ESSENTIAL:
        return True
    chosen = max((specificity(selector, name) for selector in select), default=-1)
    return chosen > max((specificity(selector, name) for selector in ignore), default=-1)


def is_requested(name: str, select: Iterable[str]) -> bool:
    """Whether a rule is selected by more than `ALL`, as findings that are only reported on request must be."""
    return any(specificity(selector, name) > 0 for selector in select)


def effective_severity(name: str, default: str, overrides: Mapping[str, str]) -> str:
    """The severity of a rule after overrides."""
    if not overrides or name in ESSENTIAL:
        return default
    closest = max(overrides, key=lambda selector: specificity(selector, name))
    return overrides[closest] if specificity(closest, name) >= 0 else default


def select_diagnostics(
    diagnostics: Iterable[Diagnostic], settings: Settings, *, complete: bool = True
) -> list[Diagnostic]:
    """The findings that the settings select, with their effective severities.

    Args:
        diagnostics: The findings of one document.
        settings: Its settings.
        complete: Whether the document could be read. Findings that prevent a check are always reported.
    """
    from dataclasses import replace

    select = (*settings.select, *settings.extend_select)
    chosen = []
    for diagnostic in diagnostics:
        if complete and not (
            is_selected(diagnostic.name, select, settings.ignore)
            and (diagnostic.name in ESSENTIAL or not _ignored_here(diagnostic, settings))
        ):
            continue
        level = (
            effective_severity(diagnostic.name, diagnostic.severity, settings.severity)
            if complete
            else diagnostic.severity
        )
        if SEVERITIES.index(level) > SEVERITIES.index(settings.min_severity):
            continue
        chosen.append(diagnostic if level == diagnostic.severity else replace(diagnostic, severity=level))
    return chosen


def _ignored_here(diagnostic: Diagnostic, settings: Settings) -> bool:
    if not settings.per_file_ignores or diagnostic.file is None:
        return False
    from os.path import abspath

    path = abspath(diagnostic.file)
    return any(
        (not rule.pointer or diagnostic.pointer == rule.pointer or diagnostic.pointer.startswith(rule.pointer + "/"))
        and any(specificity(selector, diagnostic.name) >= 0 for selector in rule.rules)
        and rule.files.matches(path)
        for rule in settings.per_file_ignores
    )


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
    fault = validate_selector(value, silences=silences)
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


CONFIG_NAMES = (".seqspec.toml", "seqspec.toml", "pyproject.toml")
"""The names of configuration files; the first one in a folder applies."""

DEFAULT_EXCLUDE = (
    ".git/",
    ".hg/",
    ".svn/",
    ".venv/",
    "venv/",
    ".tox/",
    ".nox/",
    "node_modules/",
    "site-packages/",
    "__pycache__/",
    ".mypy_cache/",
    ".pytest_cache/",
    ".ruff_cache/",
    "build/",
    "dist/",
)
"""Folders that contain no documents of the project."""

FAIL_ON = (*SEVERITIES, "never")


class PerFileIgnore(NamedTuple):
    """Rules that are ignored in some files, or below one pointer in them."""

    files: Patterns
    pointer: str
    rules: tuple[str, ...]


class Settings(NamedTuple):
    """The settings for the files of a folder.

    Attributes:
        file: The configuration file; None if there is none.
        include: Patterns of documents; None if they are detected by name and the key `seqspec`.
        exclude: Patterns of excluded files and folders; the first match takes precedence.
        force_exclude: Whether `exclude` also applies to files given explicitly.
        respect_gitignore: Whether files that git ignores are excluded.
        select: Rules that are reported: codes, names, code prefixes, or `ALL`.
        ignore: Rules that are not reported; the more specific selector takes precedence.
        extend_select: Further rules that are reported.
        severity: Severities of rules that differ from the default.
        per_file_ignores: Rules that are ignored in some files.
        fail_on: The minimum severity that makes a check fail.
        fail_on_unchecked: The minimum level at which every model must be checked; None if there is none.
        min_severity: The minimum severity that is reported.
        keras: The version of Keras that programs are for; None if they or their projects say it.
        policy: The absolute path of the project policy.
        baseline: The absolute path of the baseline.
        allow_data: Absolute paths of the folders outside of the project that specs may read data from.
        allow_output: Absolute paths of those that training may write to.
        limits: Limits on the size of a document and its data.
        origins: The location of each key as text; missing keys have their defaults.
        files: The absolute paths of all configuration files in use.
    """

    file: str | None = None
    include: Patterns | None = None
    exclude: tuple[Patterns, ...] = ()
    force_exclude: bool = False
    respect_gitignore: bool = True
    select: tuple[str, ...] = ("ALL",)
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    severity: Mapping[str, str] = {}
    per_file_ignores: tuple[PerFileIgnore, ...] = ()
    fail_on: str = "error"
    fail_on_unchecked: str | None = None
    min_severity: str = "info"
    keras: str | None = None
    policy: str | None = None
    baseline: str | None = None
    allow_data: tuple[str, ...] = ()
    allow_output: tuple[str, ...] = ()
    limits: Limits = LIMITS
    origins: Mapping[str, str] = {}
    files: tuple[str, ...] = ()

    def all_files(self) -> list[str]:
        """The files that a check depends on: the configurations, the policy and the baseline."""
        return [*self.files, *(file for file in (self.policy, self.baseline) if file is not None)]

    def excluded(self, path: str, folder: bool = False) -> bool:
        """Whether a file or folder, given by its absolute path, is excluded."""
        return any(patterns.matches(path, folder) for patterns in self.exclude)


class ConfigurationError(Exception):
    """An invalid configuration; `violations` are the reasons with their locations."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__(f"{len(violations)} problems")
        self.violations = list(violations)

    def files(self) -> list[str]:
        """The files with violations."""
        places = [violation.location for violation in self.violations]
        return [location.document.file for location in places if location is not None and location.document.file]


class ConfigLayer(NamedTuple):
    """The values of one configuration, with their locations.

    `option` marks an option of the command line: there, `select` replaces the `ignore` of the configuration, and
    `ignore` adds to it. `file` is the absolute path of the configuration.
    """

    values: Mapping[str, Any]
    origins: Mapping[str, str]
    option: bool = False
    file: str | None = None


def format_location(document: Document, path: Path) -> str:
    """The location of a value of a configuration as `file:line:column`."""
    span = document.span(path, "key")
    return f"{document.file}:{span.line}:{span.column}" if span else str(document.file)
