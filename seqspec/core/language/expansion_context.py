"""The state that the steps of an expansion share: violations, provenance and limits; and the check of all values."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NoReturn

from seqspec.core.diagnostics.diagnostic import TreeFix
from seqspec.core.diagnostics.violation import Path, SourceLocation, Violation
from seqspec.core.language.expansion import MAX_INTEGER
from seqspec.core.language.provenance import Provenance, ProvenanceMap
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.limits import Limits
from seqspec.core.syntax.source import read_source


class ExpansionAborted(Exception):
    """Aborts an expansion after a problem that makes further checks impossible."""


Reader = Callable[[str, Limits], Document]
"""Reads a document that another one extends."""


class ExpansionContext:
    """One expansion.

    `bad` holds the locations of values that the language does not support.
    """

    def __init__(self, document: Document, limits: Limits, read: Reader = read_source) -> None:
        self.document = document
        self.limits = limits
        self.read = read
        self.tracker = ProvenanceMap()
        self.violations: list[Violation] = list(document.violations)
        self.documents: list[Document] = [document]
        self.bad: set[tuple[int, Path]] = set()
        self.values = 0
        self._told: set[tuple[str, int, Path, str, tuple[int, int] | None]] = set()

    def report(
        self,
        rule: str,
        message: str,
        at: Provenance,
        *,
        anchor: str = "value",
        string_range: tuple[int, int] | None = None,
        label: str | None = None,
        help: str | None = None,
        related: Sequence[tuple[SourceLocation, str]] = (),
        suggestion: str | None = None,
        fix: TreeFix | None = None,
    ) -> None:
        """Reports a violation at a location as written, once for all copies from this location."""
        key = (rule, id(at.document), at.path, anchor, string_range)
        if key in self._told:
            return
        self._told.add(key)
        others = [*related, *((SourceLocation(via.document, via.path), via.describe()) for via in at.via)]
        location = at.place(anchor, string_range)
        self.violations.append(
            Violation(
                rule, message, label=label, help=help, related=others, location=location, suggestion=suggestion, fix=fix
            )
        )

    def report_error(self, violation: Violation, at: Provenance) -> None:
        """Reports a violation that was raised while a value was read."""
        self.report(
            violation.rule,
            violation.message,
            at,
            anchor=violation.anchor,
            string_range=violation.string_range,
            label=violation.label,
            help=violation.help,
            suggestion=violation.suggestion,
        )

    def exceed_limit(self, message: str, at: Provenance) -> NoReturn:
        """Aborts the expansion because a limit is exceeded."""
        self.report("over-limit", message, at)
        raise ExpansionAborted

    def charge_budget(self, values: int, at: Provenance) -> None:
        """Counts values of the expanded document against the limit."""
        self.values += values
        if self.values > self.limits.values:
            self.exceed_limit(f"the spec expands to more than {self.limits.values:,} values", at)

    def is_bad(self, document: Document, path: Path) -> bool:
        """Whether a location, or one that contains it, has an unsupported value."""
        return bool(self.bad) and any((id(document), path[:length]) in self.bad for length in range(len(path) + 1))


def measure(value: object, most: int) -> tuple[int, int]:
    """The number of scalar values in a value and its depth; counting stops at `most`."""
    count, deepest = 1, 0
    pending = [(value, 0)]
    while pending and count <= most:
        item, level = pending.pop()
        if isinstance(item, dict):
            inner: Iterable[object] = item.values()
        elif isinstance(item, (list, tuple)):
            inner = item
        else:
            continue
        deepest = max(deepest, level + 1)
        count += len(item)
        pending.extend((entry, level + 1) for entry in inner if isinstance(entry, (dict, list, tuple)))
    return count, deepest


_PRINTABLE_BITS = 4000
"""Larger numbers are not printed: Python limits the conversion to text."""


def check_values(document: Document, context: ExpansionContext) -> None:
    """Reports unsupported values in a document; raises `ExpansionAborted` if it is nested too deeply or too large."""
    for path, rule, message, help in _unsupported_values(document.tree, (), context.limits, _Size()):
        origin = Provenance(document, path)
        anchor = "key" if rule in _OF_KEYS else "value"
        context.bad.add((id(document), path))
        context.report(_OF_KEYS.get(rule, rule), message, origin, anchor=anchor, help=help)
        if rule == "over-limit" or rule in _OF_KEYS:
            # It cannot even be printed.
            raise ExpansionAborted


_UnsupportedValue = tuple[Path, str, str, str | None]

_OF_KEYS = {"not-a-string": "wrong-type", "not-text": "bad-value"}
"""The rules that report what a key may not be."""

_SURROGATES = re.compile("[\ud800-\udfff]")

_COMPLETE_PAIR = "write the complete surrogate pair"


class _Size:
    """The number of tables, lists and their entries seen so far."""

    entries = 0


def _unsupported_values(value: Any, path: Path, limits: Limits, size: _Size) -> Iterator[_UnsupportedValue]:
    if len(path) >= limits.depth:
        yield path, "over-limit", f"the spec is nested deeper than {limits.depth} levels", None
        return
    # Lists of a program that share their items can have more of them than memory has room for.
    size.entries += 1 + len(value)
    if size.entries > 2 * limits.values:
        yield path, "over-limit", f"the spec has more than {2 * limits.values:,} values, tables and lists", None
        return
    entries: Iterable[tuple[str | int, object]] = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in entries:
        if isinstance(value, dict) and type(key) is not str:
            yield path, "not-a-string", f"keys must be strings, got {str(key)[:40]}", None
            return
        if isinstance(key, str) and not key.isprintable() and _SURROGATES.search(key):
            yield (*path, key), "not-text", "keys must not contain lone surrogates", _COMPLETE_PAIR
            return
        if isinstance(item, (dict, list, tuple)):
            yield from _unsupported_values(item, (*path, key), limits, size)
            continue
        oddity = _why_unsupported(item)
        if oddity is not None:
            yield (*path, key), *oddity


def _why_unsupported(item: object) -> tuple[str, str, str | None] | None:
    if isinstance(item, str):
        if item.isprintable():
            return None
        if "\0" in item:
            return "bad-value", "strings must not contain NUL", None
        if _SURROGATES.search(item):
            return "bad-value", "strings must not contain lone surrogates", _COMPLETE_PAIR
    elif isinstance(item, (datetime.date, datetime.time)):
        kind = "time" if isinstance(item, datetime.time) else "date"
        return "wrong-type", f"unsupported value: a {kind} ({item})", f'write "{item}" for a string'
    elif isinstance(item, float):
        if item - item != 0:
            return "not-finite", f"numbers must be finite, got {item}", None
    elif isinstance(item, int) and not isinstance(item, bool) and not -MAX_INTEGER - 1 <= item <= MAX_INTEGER:
        if item.bit_length() > _PRINTABLE_BITS:
            return "over-limit", "integers must fit in 64 bits, got more than 1,000 digits", None
        return "bad-value", "integers must fit in 64 bits", None
    return None
