"""What may be in a document: the quick look that most documents pass, and the words for what may not."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from seqspec.diagnostics.violation import Path
from seqspec.language.context import ExpansionAborted, ExpansionContext
from seqspec.language.needs_expansion import MAX_INTEGER
from seqspec.language.provenance import Provenance
from seqspec.syntax.document import Document

_PRINTABLE_BITS = 4000
"""Numbers of more bits are not printed, as Python refuses to do it at some length."""


def check_values(document: Document, work: ExpansionContext) -> None:
    """Reports everything in a document that is not a value of the language; raises `Unusable` where it is too deep."""
    for path, rule, message, help in _odd(document.tree, (), work.limits.depth):
        origin = Provenance(document, path)
        anchor = "key" if rule == "bad-key" else "value"
        work.bad.add((id(document), path))
        work.report("wrong-type" if rule == "bad-key" else rule, message, origin, anchor=anchor, help=help)
        if rule in ("over-limit", "bad-key"):
            # Nothing can be done with it, not even print it.
            raise ExpansionAborted


_Oddity = tuple[Path, str, str, str | None]


def _odd(value: Any, path: Path, depth: int) -> Iterator[_Oddity]:
    if len(path) >= depth:
        yield path, "over-limit", f"the spec is nested deeper than {depth} levels", None
        return
    entries: Any = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in entries:
        if isinstance(value, dict) and type(key) is not str:
            yield path, "bad-key", f"keys must be strings, got {str(key)[:40]}", None
            return
        if isinstance(item, (dict, list, tuple)):
            yield from _odd(item, (*path, key), depth)
            continue
        found = _oddity(item)
        if found is not None:
            yield (*path, key), *found


def _oddity(item: object) -> tuple[str, str, str | None] | None:
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
