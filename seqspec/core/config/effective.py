"""The effective configuration of a document: its settings, policy and baseline, each read once.

Command line and language server both use it to decide which findings are reported.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from seqspec.core.config.configuration import Configurations
from seqspec.core.config.rule_selection import is_requested, select_diagnostics
from seqspec.core.config.settings import ConfigurationError, Settings
from seqspec.core.syntax.limits import read_file

if TYPE_CHECKING:
    from seqspec.core.config.baseline import Baseline
    from seqspec.core.diagnostics.diagnostic import Diagnostic


MAX_BYTES = 1 << 20
"""The maximum size of a policy."""


class PolicyError(Exception):
    """An invalid policy; the message is the reason."""


def read_policy(file: str) -> dict[str, object]:
    """Reads the policy schema in a file.

    Raises:
        PolicyError: It is unreadable or invalid. Its text is quoted if it says that it is a schema: a configuration may
            name any file of the project.
    """
    import json

    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.exceptions import SchemaError

    from seqspec.core.language.regex import is_pattern

    # jsonschema's own validation compiles patterns that exhaust Python's memory.
    formats = FormatChecker(())
    formats.checks("regex")(lambda text: not isinstance(text, str) or is_pattern(text))
    schema: Any = None
    try:
        schema = json.loads(read_file(file, MAX_BYTES).decode("utf-8"))
        Draft202012Validator.check_schema(schema, format_checker=formats)
    except OSError as error:
        raise PolicyError(str(error.strerror or error)) from error
    except (ValueError, RecursionError) as error:
        raise PolicyError(str(error)) from error
    except SchemaError as error:
        is_schema = isinstance(schema, dict) and "json-schema.org/" in str(schema.get("$schema"))
        reason = f": {error.message}" if is_schema else '; a file with the key "$schema" is quoted'
        raise PolicyError(f"invalid JSON Schema{reason}") from error
    except Exception as error:
        # jsonschema raises various exceptions for a malformed schema.
        raise PolicyError(f"invalid JSON Schema: {type(error).__name__}") from error
    if not isinstance(schema, dict):
        raise PolicyError("a policy must be a JSON object")
    return schema


class CheckReport(Protocol):
    """The part of a report that the selection of findings needs."""

    @property
    def file(self) -> str | None: ...

    @property
    def complete(self) -> bool: ...

    @property
    def diagnostics(self) -> Sequence[Diagnostic]: ...

    @property
    def on_request(self) -> Sequence[Diagnostic]: ...

    def line(self, file: str | None, number: int) -> str: ...


class EffectiveConfiguration(NamedTuple):
    """The effective configuration of a document.

    Attributes:
        settings: The settings; the defaults if the configuration is invalid.
        policy: The project policy, a JSON Schema; None if there is none or it is invalid.
        baseline: The baseline; None if there is none or it is invalid.
        error: The error in the configuration or the baseline.
        policy_error: The error in the policy.
    """

    settings: Settings
    policy: Mapping[str, object] | None = None
    baseline: Baseline | None = None
    error: ConfigurationError | None = None
    policy_error: PolicyError | None = None

    def split(self, report: CheckReport) -> tuple[list[Diagnostic], list[Diagnostic]]:
        """The findings of a report that are reported, and those in the baseline.

        If the configuration is invalid, only its own errors are reported.
        """
        if self.error is not None:
            return [], []
        diagnostics = report.diagnostics
        if report.on_request:
            select = (*self.settings.select, *self.settings.extend_select)
            requested = [diagnostic for diagnostic in report.on_request if is_requested(diagnostic.name, select)]
            diagnostics = in_order([*diagnostics, *requested]) if requested else diagnostics
        selected = select_diagnostics(diagnostics, self.settings, complete=report.complete) if diagnostics else []
        if self.baseline is None:
            return selected, []
        return self.baseline.split(selected, report.file, report.line, complete=report.complete)

    def reported(self, report: CheckReport) -> list[Diagnostic]:
        """The findings of a report that are reported."""
        return self.split(report)[0]


class EffectiveConfigurations:
    """The effective configurations of all folders, each read when it is first requested.

    Args:
        configurations: The settings of every folder.
        baselines: Whether baselines are used.

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
        """The effective configuration of a file; errors are in the result."""
        try:
            settings = self.configurations.of_file(file)
        except ConfigurationError as error:
            return EffectiveConfiguration(Settings(), error=error)
        return self.of_settings(settings)

    def of_settings(self, settings: Settings) -> EffectiveConfiguration:
        """The effective configuration for settings."""
        # An effective configuration keeps its settings alive, so that an id is not reused.
        cached = self._known.get(id(settings))
        if cached is None:
            cached = self._known[id(settings)] = self._read(settings)
        return cached

    def _read(self, settings: Settings) -> EffectiveConfiguration:
        policy, policy_error = self._policy(settings.policy)
        effective = EffectiveConfiguration(settings, policy, policy_error=policy_error)
        try:
            return effective._replace(baseline=self._baseline(settings.baseline))
        except ConfigurationError as error:
            return effective._replace(error=error)

    def _baseline(self, file: str | None) -> Baseline | None:
        if file is None or not self._with_baselines:
            return None
        if file not in self.baselines:
            from seqspec.core.config.baseline import read_baseline

            self.baselines[file] = read_baseline(file)
        return self.baselines[file]

    def _policy(self, file: str | None) -> tuple[Mapping[str, object] | None, PolicyError | None]:
        """The policy in a file, or the error in it."""
        if file is None:
            return None, None
        if file not in self._policies:
            try:
                self._policies[file] = read_policy(file), None
            except PolicyError as error:
                self._policies[file] = None, error
        return self._policies[file]


def in_order(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Findings by their places; the cells of a notebook, such as `a.ipynb:cell 12`, are in their order."""

    def place(diagnostic: Diagnostic) -> tuple[int, str, int, int]:
        line, column = (diagnostic.span.line, diagnostic.span.column) if diagnostic.span is not None else (0, 0)
        return len(diagnostic.file or ""), diagnostic.file or "", line, column

    return sorted(diagnostics, key=place)


def plain_settings(settings: Settings) -> dict[str, object]:
    """Every key with its effective value."""
    converted = {
        "include": list(settings.include.lines) if settings.include is not None else None,
        "exclude": [line for patterns in settings.exclude for line in patterns.lines],
        "per_file_ignores": {
            rule.files.lines[0] + (f"#{rule.pointer}" if rule.pointer else ""): list(rule.rules)
            for rule in settings.per_file_ignores
        },
        "policy": _path(settings.policy),
        "baseline": _path(settings.baseline),
        "limits": settings.limits._asdict(),
    }
    keys = [name for name in Settings._fields if name not in ("file", "without_effect", "origins", "files")]
    values = {name: converted[name] if name in converted else getattr(settings, name) for name in keys}
    return {
        name.replace("_", "-"): list(value) if isinstance(value, tuple) else value for name, value in values.items()
    }


def _path(path: str | None) -> str | None:
    return os.path.relpath(path) if path is not None else None
