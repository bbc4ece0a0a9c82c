"""One change of a JSON text."""

from __future__ import annotations

from typing import Any

from seqspec.diagnostics.tree_fix import Change, Path
from seqspec.syntax.edit.brackets import Entries
from seqspec.syntax.edit.pieces import TextEdit
from seqspec.syntax.edit.trees import MISSING, at_path
from seqspec.syntax.edit.words import Style
from seqspec.syntax.json_text import scan


class JsonEditor:
    """The edits of a text, which holds a tree."""

    def __init__(self, text: str, tree: Any, depth: int) -> None:
        self._text = text
        self._tree = tree
        self._places = scan(text, depth).places
        self.style = Style(text, "json")

    def replacements(self, change: Change) -> list[TextEdit]:
        """The edits that make a change of the tree."""
        action, path, value = change
        start, end, key_start, key_end = self._places.get(path, (0, 0, -1, -1))
        if action == "rename":
            return [TextEdit(key_start, key_end, self.style.key(value))]
        if action == "set" and at_path(self._tree, path) is not MISSING:
            return [TextEdit(start, end, self.style.value(value))]
        around, inner = self.entries(path[:-1])
        if action == "remove":
            return around.remove(inner.index(path))
        if action == "insert":
            assert isinstance(path[-1], int)
            return around.insert(path[-1], self.style.value(value))
        return around.insert(len(inner), self.style.pair(str(path[-1]), value))

    def entries(self, holder: Path) -> tuple[Entries, list[Path]]:
        """What stands between the brackets of a table or list, and the paths of that."""
        around = at_path(self._tree, holder)
        inner = [(*holder, name) for name in (around if isinstance(around, dict) else range(len(around)))]
        places = [self._places[path] for path in inner]
        spans = [(start if key_start < 0 else key_start, end) for start, end, key_start, _ in places]
        start, end = self._places[holder][:2]
        padded = self.style.padded and isinstance(around, dict)
        return Entries(self._text, "json", start, end, spans, padded=padded), inner
