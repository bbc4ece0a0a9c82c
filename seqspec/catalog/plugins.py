"""Rules and layers of other packages, which they announce as entry points.

A package that has none costs a look at the folder of its metadata; what reads entry points is only imported where one
is announced.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from seqspec.diagnostics.code import Code

RULES = "seqspec.rules"
LAYERS = "seqspec.layers"
_MARK = b"[seqspec."


class Plugin(NamedTuple):
    """One entry point, loaded: its `value`, or the `fault` that kept it from being loaded."""

    group: str
    name: str
    target: str
    value: Any = None
    fault: str | None = None


@cache
def plugins(group: str) -> tuple[Plugin, ...]:
    """The entry points of a group, in the order of their names; the first of a name counts, as for imports."""
    if not any(_announces(folder) for folder in sys.path):
        return ()
    from importlib.metadata import entry_points

    found: dict[str, Plugin] = {}
    for entry in entry_points(group=group):
        if entry.name not in found:
            try:
                found[entry.name] = Plugin(group, entry.name, entry.value, entry.load())
            except (Exception, SystemExit) as error:
                fault = f"{type(error).__name__}: {str(error)[:200]}"
                found[entry.name] = Plugin(group, entry.name, entry.value, fault=fault)
    return tuple(found[name] for name in sorted(found))


@cache
def rule_plugins() -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """The rules of other packages, their codes registered, and what is wrong with those that cannot be used."""
    found: list[object] = []
    faults: list[str] = []
    for plugin in plugins(RULES):
        fault = plugin.fault
        if fault is None:
            fault = _registered(plugin.value)
        if fault is None:
            found.append(plugin.value)
        else:
            faults.append(f'the rule "{plugin.name}" of {plugin.target} cannot be used: {fault}')
    return tuple(found), tuple(faults)


def _registered(rule: object) -> str | None:
    """Registers the code of a rule; what is wrong with it otherwise."""
    from seqspec.diagnostics.code import Code

    entry = getattr(rule, "entry", None)
    if not isinstance(entry, Code) or not callable(getattr(rule, "check", None)):
        return f"expected a seqspec.plugins.Rule, got a {type(rule).__name__}"
    try:
        _register(entry)
    except ValueError as error:
        return str(error)
    return None


def _register(code: Code) -> None:
    """Adds the code of a rule of another package; raises `ValueError` for one that cannot be distinguished from
    others.
    """
    from seqspec.diagnostics.codes import CODES

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


def _announces(folder: str) -> bool:
    """Whether a package in a folder of `sys.path` has an entry point for seqspec."""
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
