"""The effective configuration of a document: its settings, and the policy and the baseline that they name, each read
once. Command line and language server both ask here what applies to a file, and which findings are reported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from seqspec.config.config_layer import ConfigurationError
from seqspec.config.configuration import Configurations
from seqspec.config.rule_selection import choose
from seqspec.config.settings import Settings

if TYPE_CHECKING:
    from seqspec.config.baseline import Baseline
    from seqspec.config.policy import PolicyError
    from seqspec.diagnostics.diagnostic import Diagnostic


class Findings(Protocol):
    """What is read of the report of a document."""

    @property
    def file(self) -> str | None: ...

    @property
    def whole(self) -> bool: ...

    @property
    def diagnostics(self) -> Sequence[Diagnostic]: ...

    def line(self, file: str | None, number: int) -> str: ...


class EffectiveConfiguration(NamedTuple):
    """What applies to a document.

    Attributes:
        settings: The settings; the defaults where the configuration cannot be used.
        policy: The project's own rules as a JSON Schema; None if absent, or they cannot be used.
        baseline: The known findings; None if absent, or they cannot be used.
        error: What is wrong with the configuration or the baseline.
        policy_error: Why the policy cannot be used.
    """

    settings: Settings
    policy: Mapping[str, Any] | None = None
    baseline: Baseline | None = None
    error: ConfigurationError | None = None
    policy_error: PolicyError | None = None

    def split(self, report: Findings) -> tuple[list[Diagnostic], list[Diagnostic]]:
        """The findings of a report that are reported, and those that the baseline holds.

        While the configuration cannot be used, no finding is reported but what is wrong with it.
        """
        if self.error is not None:
            return [], []
        found = choose(report.diagnostics, self.settings, whole=report.whole) if report.diagnostics else []
        if self.baseline is None:
            return found, []
        return self.baseline.split(found, report.file, report.line, whole=report.whole)

    def reported(self, report: Findings) -> list[Diagnostic]:
        """The findings of a report that are reported."""
        return self.split(report)[0]


class EffectiveConfigurations:
    """The effective configurations of all folders, as they were when each was first requested.

    Args:
        configurations: The settings of every folder.
        baselines: Whether baselines take part.

    Attributes:
        baselines: The baselines that were read, by file.
    """

    def __init__(self, configurations: Configurations, *, baselines: bool = True) -> None:
        self.configurations = configurations
        self.baselines: dict[str, Baseline] = {}
        self._with_baselines = baselines
        self._policies: dict[str, tuple[Mapping[str, object] | None, PolicyError | None]] = {}
        self._known: dict[int, EffectiveConfiguration] = {}

    def of_file(self, file: str) -> EffectiveConfiguration:
        """What applies to a file; what is wrong with it is in the result."""
        try:
            settings = self.configurations.of_file(file)
        except ConfigurationError as error:
            return EffectiveConfiguration(Settings(), error=error)
        return self.of_settings(settings)

    def of_settings(self, settings: Settings) -> EffectiveConfiguration:
        """What applies to the files of some settings."""
        # An effective configuration keeps its settings, so that no identity is used twice.
        known = self._known.get(id(settings))
        if known is None:
            known = self._known[id(settings)] = self._read(settings)
        return known

    def _read(self, settings: Settings) -> EffectiveConfiguration:
        policy, policy_error = self._policy(settings.policy)
        found = EffectiveConfiguration(settings, policy, policy_error=policy_error)
        try:
            return found._replace(baseline=self._baseline(settings.baseline))
        except ConfigurationError as error:
            return found._replace(error=error)

    def _baseline(self, file: str | None) -> Baseline | None:
        if file is None or not self._with_baselines:
            return None
        if file not in self.baselines:
            from seqspec.config.baseline import read_baseline

            self.baselines[file] = read_baseline(file)
        return self.baselines[file]

    def _policy(self, file: str | None) -> tuple[Mapping[str, object] | None, PolicyError | None]:
        """The policy of a file, or why it cannot be used."""
        if file is None:
            return None, None
        if file not in self._policies:
            from seqspec.config.policy import PolicyError, read_policy

            try:
                self._policies[file] = read_policy(file), None
            except PolicyError as error:
                self._policies[file] = None, error
        return self._policies[file]
