"""The keys of a configuration: what each takes, and the words where it gets something else."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from seqspec.config import patterns
from seqspec.config import rule_selection as rules
from seqspec.config.gitignore import repository
from seqspec.config.patterns import Patterns, relative
from seqspec.config.settings import FAIL_ON, SEVERITIES, PlaceRule
from seqspec.diagnostics.source_location import SourceLocation
from seqspec.diagnostics.suggest import Form, suggest
from seqspec.diagnostics.violation import Path, Violation, Violations
from seqspec.syntax.document import Document
from seqspec.syntax.limits import Limits
from seqspec.syntax.read import leaves

_MAX_LIMITS = Limits(bytes=1 << 28, depth=1_000, layers=10_000_000, values=100_000_000, files=1_000)
"""The bounds that a configuration may set at most."""


class Entry:
    """One value of a configuration, with its place for what may be wrong with it.

    Attributes:
        value: The value as parsed from TOML.
        document: The configuration that it is in.
        path: Where it is there.
        base: The folder that its paths and patterns are relative to, absolute.
    """

    def __init__(self, value: Any, document: Document, path: Path, base: str) -> None:
        self.value = value
        self.document = document
        self.path = path
        self.base = base

    def violation(
        self, message: str, help: str | None = None, *, anchor: str = "value", label: str | None = None
    ) -> Violation:
        """Something that is wrong with it."""
        at = SourceLocation(self.document, self.path, anchor)
        return Violation("bad-configuration", message, label=label, help=help, location=at)

    def inside(self) -> Iterator[tuple[Any, Entry]]:
        """The entries of a list or table, by index or key."""
        items = self.value.items() if isinstance(self.value, Mapping) else enumerate(self.value)
        for key, value in items:
            yield key, Entry(value, self.document, (*self.path, key), self.base)


Reader = Callable[[Entry], Any]


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "a boolean"
    names = {str: "a string", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return names.get(type(value), "a date")


def _name(entry: Entry) -> str:
    return next((str(key) for key in reversed(entry.path) if isinstance(key, str)), "this")


def _flag(entry: Entry) -> bool:
    if not isinstance(entry.value, bool):
        raise entry.violation(f"{_name(entry)} must be true or false, got {_kind(entry.value)}")
    return entry.value


def _file(entry: Entry) -> str:
    if not isinstance(entry.value, str) or not entry.value or "\0" in entry.value:
        raise entry.violation(f"{_name(entry)} must be a file path, got {_kind(entry.value)}")
    file = os.path.normpath(os.path.join(entry.base, os.path.expanduser(entry.value)))
    # What the command line names, the caller has chosen.
    if entry.document.text is not None:
        project = repository(entry.base) or entry.base
        if relative(file, project) is not None and leaves(file, project):
            raise entry.violation(
                f"{_name(entry)} is a link that leads out of the project", "name a file of the project"
            )
    return file


def _list(entry: Entry, what: str, example: str, read: Callable[[Entry], Any]) -> tuple[Any, ...]:
    if not isinstance(entry.value, list):
        raise entry.violation(f"{_name(entry)} must be a list of {what}, got {_kind(entry.value)}", f"write {example}")
    values, wrong = [], []
    for _, item in entry.inside():
        try:
            values.append(read(item))
        except Violation as violation:
            wrong.append(violation)
    if wrong:
        raise Violations(wrong)
    return tuple(values)


def _pattern(entry: Entry) -> str:
    if not isinstance(entry.value, str):
        raise entry.violation(f"patterns of {_name(entry)} must be strings, got {_kind(entry.value)}")
    wrong = patterns.fault(entry.value)
    if wrong:
        raise entry.violation(wrong)
    return entry.value


def _patterns(entry: Entry) -> Patterns:
    name = _name(entry)
    return Patterns(entry.base, _list(entry, "patterns", f'{name} = ["old/", "*.draft.toml"]', _pattern))


def _rule(entry: Entry, *, silences: bool = False, anchor: str = "value", text: Any = None) -> str:
    selector = entry.value if text is None else text
    if not isinstance(selector, str):
        raise entry.violation(f"rules of {_name(entry)} must be strings, got {_kind(selector)}")
    wrong = rules.fault(selector, silences=silences)
    if wrong:
        raise entry.violation(*wrong, anchor=anchor)
    return selector


def _rules(entry: Entry) -> tuple[str, ...]:
    return _list(entry, "rules", f'{_name(entry)} = ["SEQ022", "unknown-layer"]', _rule)


def _silenced(entry: Entry) -> tuple[str, ...]:
    example = f'{_name(entry)} = ["SEQ022", "unknown-layer"]'
    return _list(entry, "rules", example, lambda item: _rule(item, silences=True))


def _choice(entry: Entry, words: tuple[str, ...]) -> str:
    if entry.value not in words:
        help = suggest(entry.value, words, form=Form.STRING).help_text if isinstance(entry.value, str) else None
        got = f'"{entry.value}"' if isinstance(entry.value, str) else _kind(entry.value)
        listed = ", ".join(f'"{word}"' for word in words[:-1]) + f' or "{words[-1]}"'
        raise entry.violation(f"{_name(entry)} must be {listed}, got {got}", help)
    return str(entry.value)


def _table(entry: Entry, what: str, read: Callable[[str, Entry], Any]) -> dict[Any, Any]:
    if not isinstance(entry.value, Mapping):
        raise entry.violation(f"{_name(entry)} must be a table of {what}, got {_kind(entry.value)}")
    values, wrong = {}, []
    for key, item in entry.inside():
        try:
            values[key] = read(key, item)
        except Violation as violation:
            wrong.append(violation)
        except Violations as several:
            wrong += several.items
    if wrong:
        raise Violations(wrong)
    return values


def _severity(entry: Entry) -> dict[str, str]:
    def level(key: str, item: Entry) -> str:
        _rule(item, silences=item.value != "error", anchor="key", text=key)
        return _choice(item, SEVERITIES)

    return _table(entry, 'rules and severities, such as SEQ022 = "error"', level)


def _per_file_ignores(entry: Entry) -> dict[str, PlaceRule]:
    def place(key: str, item: Entry) -> PlaceRule:
        pattern, mark, pointer = key.partition("#")
        wrong = patterns.fault(pattern)
        if not wrong and mark and not pointer.startswith("/"):
            wrong = "# must be followed by a JSON Pointer, such as #/model/layers/3"
        if wrong:
            raise item.violation(wrong, anchor="key")
        return PlaceRule(Patterns(item.base, (pattern,)), pointer.rstrip("/"), _silenced(item))

    return _table(entry, 'patterns and rules, such as "old/*.toml" = ["SEQ022"]', place)


def _limits(entry: Entry) -> dict[str, int]:
    def bound(key: str, item: Entry) -> int:
        if key not in Limits._fields:
            raise unknown(item, key, Limits._fields, "limits")
        if isinstance(item.value, bool) or not isinstance(item.value, int) or item.value < 1:
            got = str(item.value) if type(item.value) in (int, float) else _kind(item.value)
            raise item.violation(f"{key} must be a positive integer, got {got}")
        most = getattr(_MAX_LIMITS, key)
        if item.value > most:
            raise item.violation(f"{key} is at most {most:,}", f"write {key} = {most}")
        return item.value

    return _table(entry, "numbers, such as layers = 1000", bound)


def unknown(entry: Entry, key: str, known: tuple[str, ...], table: str = "the configuration") -> Violation:
    """The violation of a key of a table that is not one of those known."""
    otherwise = f"available: {', '.join(known)}"
    if key in ("seqspec", "model", "compile", "layers"):
        otherwise = "this file configures seqspec; name specs like model.seqspec.toml"
    near = suggest(key, known, otherwise)
    return entry.violation(f"unknown key {key} in {table}", near.help_text, anchor="key", label=near.label)


KEYS: dict[str, Reader] = {
    "extend": _file,
    "include": _patterns,
    "exclude": _patterns,
    "extend-exclude": _patterns,
    "force-exclude": _flag,
    "respect-gitignore": _flag,
    "select": _rules,
    "ignore": _silenced,
    "extend-select": _rules,
    "extend-ignore": _silenced,
    "severity": _severity,
    "per-file-ignores": _per_file_ignores,
    "fail-on": lambda entry: _choice(entry, FAIL_ON),
    "min-severity": lambda entry: _choice(entry, SEVERITIES),
    "policy": _file,
    "baseline": _file,
    "limits": _limits,
}
"""Every key, and what reads its value."""
