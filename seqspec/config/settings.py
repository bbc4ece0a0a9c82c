"""What a project can configure, as typed values, and where each was written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from seqspec.config.patterns import Patterns
from seqspec.syntax.limits import LIMITS, Limits

CONFIG_NAMES = (".seqspec.toml", "seqspec.toml", "pyproject.toml")
"""The files that can hold a configuration, the first one of a folder counts."""

DOCUMENT_ENDINGS = (".seqspec.toml", ".seqspec.json")
"""The endings of the names of documents; other TOML and JSON files are documents with a top-level key `seqspec`."""

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
"""Folders that hold no documents of the project's own."""

SEVERITIES = ("error", "warning", "info")
FAIL_ON = (*SEVERITIES, "never")


class PlaceRule(NamedTuple):
    """Rules that are not reported in some files, or below one place of them."""

    files: Patterns
    pointer: str
    rules: tuple[str, ...]


class Settings(NamedTuple):
    """What applies to the files of a folder.

    Attributes:
        file: The configuration that was found; None if absent.
        include: The patterns of documents; None where names and the key `seqspec` decide.
        exclude: Files and folders that a walk leaves out; the first match decides.
        force_exclude: Whether `exclude` also holds for files that are named.
        respect_gitignore: Whether a walk leaves out what git ignores.
        select: Rules that are reported: codes, names, beginnings of codes, or `ALL`.
        ignore: Rules that are not reported; of two that match one rule the longer decides.
        extend_select: Further rules that are reported.
        severity: Other severities of rules.
        per_file_ignores: Rules that are not reported in some files.
        fail_on: The least severity that fails a check.
        min_severity: The least severity that is reported.
        policy: The file of the project policy, absolute.
        baseline: The file of known findings, absolute.
        limits: Bounds of a document.
        origins: Where each key was written, as words; keys that are not here have their defaults.
        files: The configurations that take part, those that others extend too, absolute.
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
    per_file_ignores: tuple[PlaceRule, ...] = ()
    fail_on: str = "error"
    min_severity: str = "info"
    policy: str | None = None
    baseline: str | None = None
    limits: Limits = LIMITS
    origins: Mapping[str, str] = {}
    files: tuple[str, ...] = ()

    def all_files(self) -> list[str]:
        """The files that a check depends on: the configurations, the policy and the baseline."""
        return [*self.files, *(file for file in (self.policy, self.baseline) if file is not None)]

    def excluded(self, path: str, folder: bool = False) -> bool:
        """Whether a walk leaves out a file or folder, named by its absolute path."""
        return any(patterns.matches(path, folder) for patterns in self.exclude)
