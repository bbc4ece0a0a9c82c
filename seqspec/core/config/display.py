"""Settings as plain data, by configuration key."""

from __future__ import annotations

import os

from seqspec.core.config.patterns import Patterns
from seqspec.core.config.settings import Settings


def plain_settings(settings: Settings) -> dict[str, object]:
    """Every key with its effective value."""
    return {
        "include": _lines(settings.include) if settings.include is not None else None,
        "exclude": [line for patterns in settings.exclude for line in patterns.lines],
        "force-exclude": settings.force_exclude,
        "respect-gitignore": settings.respect_gitignore,
        "select": list(settings.select),
        "ignore": list(settings.ignore),
        "extend-select": list(settings.extend_select),
        "severity": dict(settings.severity),
        "per-file-ignores": {
            rule.files.lines[0] + (f"#{rule.pointer}" if rule.pointer else ""): list(rule.rules)
            for rule in settings.per_file_ignores
        },
        "fail-on": settings.fail_on,
        "min-severity": settings.min_severity,
        "policy": _path(settings.policy),
        "baseline": _path(settings.baseline),
        "limits": settings.limits._asdict(),
    }


def _lines(patterns: Patterns) -> list[str]:
    return list(patterns.lines)


def _path(path: str | None) -> str | None:
    return os.path.relpath(path) if path is not None else None
