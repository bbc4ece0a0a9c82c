"""The settings of a project as typed values, with their origins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from seqspec.core.config.patterns import Patterns
from seqspec.core.diagnostics.diagnostic import SEVERITIES
from seqspec.core.syntax.limits import LIMITS, Limits

if TYPE_CHECKING:
    from seqspec.core.diagnostics.violation import Path, Violation
    from seqspec.core.syntax.document import Document


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
        without_effect: The configuration that allows folders without being the caller's own, whose word does not count.
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
    without_effect: str | None = None
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
    `ignore` adds to it. `file` is the absolute path of the configuration. `is_own` is whether it is the caller's own:
    of the command line, named there, or in the home folder; others may have come with a spec.
    """

    values: Mapping[str, Any]
    origins: Mapping[str, str]
    option: bool = False
    file: str | None = None
    is_own: bool = True


def format_location(document: Document, path: Path) -> str:
    """The location of a value of a configuration as `file:line:column`."""
    span = document.span(path, "key")
    return f"{document.file}:{span.line}:{span.column}" if span else str(document.file)
