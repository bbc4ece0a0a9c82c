"""Plugins: rules, layers, front ends and commands of other packages, declared as entry points.

Packages without plugins only cost a scan of their metadata; `importlib.metadata` is imported only if there is a plugin.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from seqspec.core.diagnostics.codes import Code

RULES = "seqspec.rules"
LAYERS = "seqspec.layers"
FRONTENDS = "seqspec.frontends"
COMMANDS = "seqspec.commands"
_MARK = b"[seqspec."


class Plugin(NamedTuple):
    """A loaded entry point: its `value`, or the `fault` that prevented loading."""

    group: str
    name: str
    target: str
    value: object = None
    fault: str | None = None


@cache
def plugins(group: str) -> tuple[Plugin, ...]:
    """The entry points of a group, sorted by name; of equal names the first one is used, as for imports."""
    if not _is_any_installed(tuple(sys.path)):
        return ()
    from importlib.metadata import entry_points

    by_name: dict[str, Plugin] = {}
    for entry in entry_points(group=group):
        if entry.name not in by_name:
            try:
                by_name[entry.name] = Plugin(group, entry.name, entry.value, entry.load())
            except (Exception, SystemExit) as error:
                fault = f"{type(error).__name__}: {str(error)[:200]}"
                by_name[entry.name] = Plugin(group, entry.name, entry.value, fault=fault)
    return tuple(by_name[name] for name in sorted(by_name))


@cache
def rule_plugins() -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """Registers the codes of plugin rules; returns the valid rules, and the errors of the others."""
    rules: list[object] = []
    faults: list[str] = []
    for plugin in plugins(RULES):
        fault = plugin.fault
        if fault is None:
            fault = _registered(plugin.value)
        if fault is None:
            rules.append(plugin.value)
        else:
            faults.append(f'the rule "{plugin.name}" of {plugin.target} cannot be used: {fault}')
    return tuple(rules), tuple(faults)


def _registered(rule: object) -> str | None:
    """Registers the code of a rule; returns an error if that fails."""
    from seqspec.core.diagnostics.codes import Code

    entry = getattr(rule, "entry", None)
    if not isinstance(entry, Code) or not callable(getattr(rule, "check", None)):
        return f"expected a seqspec.plugins.Rule, got a {type(rule).__name__}"
    try:
        _register(entry)
    except ValueError as error:
        return str(error)
    return None


def _register(code: Code) -> None:
    """Adds the code of a plugin rule; raises `ValueError` for an ambiguous code or name."""
    from seqspec.core.diagnostics.codes import CODES

    letters = code.code.rstrip("0123456789")
    if letters == "SEQ" or not letters.isalpha() or not letters.isupper() or letters == code.code:
        raise ValueError(
            f"invalid code {code.code!r}: expected capital letters specific to the package, followed by digits"
        )
    if code.severity not in ("error", "warning", "info"):
        raise ValueError(f"{code.code}: the severity must be error, warning or info, got {code.severity!r}")
    if not all(part.isalnum() and part.islower() for part in code.name.split("-")):
        raise ValueError(f"{code.code}: the name {code.name!r} must be in kebab-case")
    taken = CODES.get(code.name) or next((other for other in CODES.values() if other.code == code.code), None)
    if taken is not None and taken != code:
        raise ValueError(f"{code.code} {code.name} conflicts with {taken.code} {taken.name}")
    CODES[code.name] = code


@cache
def _is_any_installed(folders: tuple[str, ...]) -> bool:
    """Whether a package in the folders of `sys.path` declares a plugin of any group."""
    return any(map(_announces, folders))


def _announces(folder: str) -> bool:
    """Whether a package in a folder of `sys.path` declares a seqspec plugin."""
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return False
    for name in names:
        if name.endswith((".dist-info", ".egg-info")):
            try:
                with open(os.path.join(folder, name, "entry_points.txt"), "rb") as stream:
                    if _MARK in stream.read():
                        return True
            except OSError:
                continue
    return False
