"""The positions of keys and parts of strings in a text, with any quotes and escapes."""

from __future__ import annotations

from seqspec.core.diagnostics.violation import Path
from seqspec.core.syntax.document import Document

Stretch = tuple[int, int]


class StringSpans:
    """Finds keys and strings in a document."""

    def __init__(self, document: Document) -> None:
        self._text = document.text or ""
        self._syntax = document.syntax
        self._tree = document.syntax_tree()

    def keys(self, path: Path) -> list[tuple[Stretch, Stretch]]:
        """The ranges of the key at a path and of its occurrences in dotted keys, each with and without quotes."""
        node = self._tree.find(path)
        if node is None or node.key_start < 0:
            return []
        tokens = dict.fromkeys([(node.key_start, node.key_end), *(node.passes or ())])
        return [(token, self._unquoted(*token)) for token in tokens]

    def _unquoted(self, start: int, end: int) -> Stretch:
        quoted = self._text[start : start + 1] in ("'", '"') and end - start > 1
        return (start + 1, end - 1) if quoted else (start, end)

    def inside(self, path: Path, value: str, first: int, last: int) -> Stretch | None:
        """The range between two indices of the string at a path; None if unknown."""
        node = self._tree.find(path)
        if node is None:
            return None
        start, end = node.start, node.end
        if self._text.startswith(value, start + 1):
            return start + 1 + first, start + 1 + last
        stretches = list(self._syntax.string_offsets(self._text, start, end))
        if not first < last <= len(stretches):
            return None
        return stretches[first][0], stretches[last - 1][1]
