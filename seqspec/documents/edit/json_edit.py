"""One change of a JSON text."""

from __future__ import annotations

from typing import Any

from seqspec.diagnostics.remedy import Change, Path
from seqspec.documents.edit.brackets import Entries
from seqspec.documents.edit.pieces import Replacement
from seqspec.documents.edit.trees import MISSING, at_path
from seqspec.documents.edit.words import Style
from seqspec.documents.json_text import scan


def replacements(text: str, tree: Any, change: Change, depth: int) -> list[Replacement]:
    """The edits of a text, which holds a tree, that make a change of it."""
    places = scan(text, depth).places
    style = Style(text, "json")
    action, path, value = change
    holder, key = path[:-1], path[-1]

    def entries() -> tuple[Entries, list[Path]]:
        around = at_path(tree, holder)
        inner = [(*holder, name) for name in (around if isinstance(around, dict) else range(len(around)))]
        spans = [(places[p][0] if places[p][2] < 0 else places[p][2], places[p][1]) for p in inner]
        start, end = places[holder][:2]
        padded = style.padded and isinstance(around, dict)
        return Entries(text, "json", start, end, spans, padded=padded), inner

    start, end, key_start, key_end = places.get(path, (0, 0, -1, -1))
    if action == "rename":
        return [Replacement(key_start, key_end, style.key(value))]
    if action == "set" and at_path(tree, path) is not MISSING:
        return [Replacement(start, end, style.value(value))]
    around, inner = entries()
    if action == "remove":
        return around.remove(inner.index(path))
    if action == "insert":
        assert isinstance(key, int)
        return around.insert(key, style.value(value))
    return around.insert(len(inner), style.pair(str(key), value))
