"""What applies to a document: its configuration, the policy and the baseline that this names, each read once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from seqspec.analysis.report import Report
from seqspec.config.baseline import Baseline, read_baseline
from seqspec.config.configuration import ConfigurationError, Configurations
from seqspec.config.detect import has_key, is_document, is_named_document
from seqspec.config.rule_selection import choose
from seqspec.config.settings import CONFIG_NAMES, Settings
from seqspec.config.walk import is_left_out
from seqspec.diagnostics.diagnostic import Diagnostic

_HEAD = 1 << 16


class Applied(NamedTuple):
    """What applies to a document.

    Attributes:
        settings: The settings; the defaults where the configuration cannot be used.
        policy: The house's own rules; None where there are none.
        baseline: The known findings; None where there are none.
        error: What is wrong with the configuration or the baseline.
    """

    settings: Settings
    policy: Mapping[str, Any] | None = None
    baseline: Baseline | None = None
    error: ConfigurationError | None = None

    def chosen(self, report: Report) -> list[Diagnostic]:
        """The findings of a report that are to be told: what the configuration and the baseline leave of them.

        While these cannot be used, none is told but what is wrong with them.
        """
        if self.error is not None:
            return []
        found = choose(report.diagnostics, self.settings, whole=report.whole)
        if self.baseline is not None and found:
            found, _ = self.baseline.split(found, report.file, report.line, whole=report.whole)
        return found


class Project:
    """The configurations of all folders, as they were when each was first asked for.

    Attributes:
        faults: Why policies cannot be used, each in a sentence.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._configurations = Configurations()
        self._applied: dict[int, tuple[Settings, Applied]] = {}
        self._files: set[str] = set()

    def of(self, file: str) -> Applied:
        """What applies to a file."""
        try:
            settings = self._configurations.of_file(file)
        except ConfigurationError as error:
            self._files.update(
                p.location.document.file for p in error.violations if p.location and p.location.document.file
            )
            return Applied(Settings(), error=error)
        # Settings are as many as there are configurations: they are kept, so that an identity is never used again.
        known = self._applied.get(id(settings))
        if known is None:
            known = self._applied[id(settings)] = (settings, self._read(settings))
        return known[1]

    def _read(self, settings: Settings) -> Applied:
        self._files.update(file for file in (settings.file, settings.policy, settings.baseline) if file is not None)
        # A configuration may take others as its base: each says `FILE:LINE:COLUMN` of what it gives.
        origins = (place for words in settings.origins.values() for place in words.split(", "))
        self._files.update(os.path.abspath(place.rsplit(":", 2)[0]) for place in origins)
        try:
            baseline = read_baseline(settings.baseline) if settings.baseline is not None else None
        except ConfigurationError as error:
            return Applied(settings, error=error)
        return Applied(settings, self._policy(settings), baseline)

    def _policy(self, settings: Settings) -> Mapping[str, Any] | None:
        if settings.policy is None:
            return None
        from seqspec.config.policy import PolicyError, read_policy

        try:
            return read_policy(settings.policy)
        except PolicyError as error:
            self.faults.append(f"policy {settings.policy}: {error}")
            return None

    def configures(self, file: str) -> bool:
        """Whether a file says what applies to documents: a configuration, or a policy or baseline that one names."""
        if os.path.basename(file) in (*CONFIG_NAMES, ".gitignore"):
            return True
        real = os.path.realpath(file)
        return any(os.path.realpath(named) == real for named in self._files)

    def takes(self, file: str) -> bool:
        """Whether a walk through its folder takes a file for a document."""
        if os.path.basename(file) in CONFIG_NAMES:
            return False
        try:
            settings = self._configurations.of_file(file)
            wanted = settings.include.matches(file) if settings.include is not None else is_document(file)
            return wanted and not is_left_out(file, settings, gitignore=True)
        except (ConfigurationError, OSError, ValueError):
            return False

    def means(self, file: str, text: str, format: str) -> bool:
        """Whether an open text is a document: by its name, by what the configuration includes, or by what it holds."""
        name = os.path.basename(file)
        if name in CONFIG_NAMES:
            return False
        settings = self.of(file).settings
        if settings.force_exclude and is_left_out(file, settings):
            return False
        if is_named_document(name) or (settings.include is not None and settings.include.matches(file)):
            return True
        return has_key(text[:_HEAD].encode("utf-8", "replace"), format)

    def walk(self, folder: str) -> tuple[list[str], ConfigurationError | None]:
        """The documents of a folder, by their absolute paths, and the configuration at which the walk had to stop."""
        from seqspec.config.walk import walk

        found: list[str] = []
        try:
            found.extend(os.path.abspath(file) for file in walk(folder, self._configurations, []))
        except ConfigurationError as error:
            return found, error
        except OSError:
            pass
        return found, None
