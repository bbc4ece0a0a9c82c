"""Finds unsupported values in a document."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from typing import Any

from seqspec.core.diagnostics.violation import Path
from seqspec.core.language.expansion import MAX_INTEGER
from seqspec.core.language.expansion_context import ExpansionAborted, ExpansionContext
from seqspec.core.language.provenance import Provenance
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.limits import Limits

_PRINTABLE_BITS = 4000
"""Larger numbers are not printed: Python limits the conversion to text."""


def check_values(document: Document, context: ExpansionContext) -> None:
    """Reports unsupported values in a document; raises `ExpansionAborted` if it is nested too deeply or too large."""
    for path, rule, message, help in _unsupported_values(document.tree, (), context.limits, _Size()):
        origin = Provenance(document, path)
        anchor = "key" if rule == "bad-key" else "value"
        context.bad.add((id(document), path))
        context.report("wrong-type" if rule == "bad-key" else rule, message, origin, anchor=anchor, help=help)
        if rule in ("over-limit", "bad-key"):
            # It cannot even be printed.
            raise ExpansionAborted


_UnsupportedValue = tuple[Path, str, str, str | None]


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
            yield path, "bad-key", f"keys must be strings, got {str(key)[:40]}", None
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
        if any("\ud800" <= c <= "\udfff" for c in item):
            return "bad-value", "strings must not contain lone surrogates", "write the complete surrogate pair"
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
