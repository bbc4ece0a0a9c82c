"""Where a document may ask for silence, by a look that costs next to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seqspec.diagnostics.violation import Path
from seqspec.syntax.document import Document

KEY = "x-seqspec-ignore"
"""The key of a table, in the document itself or in a layer, that names rules which are not reported in it."""

SIGN = "seqspec:"
"""What every comment that is a directive has in it."""


SUPPRESSION_KEYS = frozenset({KEY})
_SCALARS = frozenset({str, int, float, bool, type(None)})


def may_suppress(document: Document) -> bool:
    """Whether a document may hold a suppression; the comments of a program are about all of its models at once."""
    if document.text is None:
        return _has_suppression(document.tree)
    return KEY in document.text or (document.format == "toml" and SIGN in document.text)


def _has_suppression(value: object) -> bool:
    """Whether a table in a tree has the key."""
    if type(value) is dict or isinstance(value, Mapping):
        if KEY in value:
            return True
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return False
    inside = [item for item in value if type(item) not in _SCALARS]
    return bool(inside) and any(map(_has_suppression, inside))


def suppression_keys(value: Any, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Every `x-seqspec-ignore` of a tree with its path; what else is the author's own is left out."""
    for key, item in value.items() if isinstance(value, Mapping) else enumerate(value):
        if key == KEY:
            yield (*path, KEY), item
        elif isinstance(item, (Mapping, list, tuple)) and not (isinstance(key, str) and key[:2] == "x-"):
            yield from suppression_keys(item, (*path, key))
