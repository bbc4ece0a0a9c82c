"""Fast detection of documents that may contain suppressions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from seqspec.core.diagnostics.violation import Path
from seqspec.core.syntax.document import Document

KEY = "x-seqspec-ignore"
"""The key of a table or layer with the rules that are suppressed in it."""

DIRECTIVE_MARKER = "seqspec:"
"""The text that every directive comment contains."""


SUPPRESSION_KEYS = frozenset({KEY})
_SCALARS = frozenset({str, int, float, bool, type(None)})


def may_suppress(document: Document) -> bool:
    """Whether a document may contain a suppression; comments of a program are handled for all its models together."""
    if document.text is None:
        return _has_suppression(document.tree)
    commented = document.is_spec_text and document.syntax.has_comments and DIRECTIVE_MARKER in document.text
    return commented or KEY in document.text


def _has_suppression(value: object) -> bool:
    """Whether any table in a tree has the key."""
    if type(value) is dict or isinstance(value, Mapping):
        if KEY in value:
            return True
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return False
    inside = [item for item in value if type(item) not in _SCALARS]
    return bool(inside) and any(map(_has_suppression, inside))


def suppression_keys(value: Mapping[str, object] | Sequence[object], path: Path = ()) -> Iterator[tuple[Path, object]]:
    """All `x-seqspec-ignore` keys of a tree with their paths, except those inside other extension keys."""
    for key, item in value.items() if isinstance(value, Mapping) else enumerate(value):
        if key == KEY:
            yield (*path, KEY), item
        elif isinstance(item, (Mapping, list, tuple)) and not (isinstance(key, str) and key[:2] == "x-"):
            yield from suppression_keys(item, (*path, key))
