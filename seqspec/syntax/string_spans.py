"""Where keys and parts of strings stand in a text, whatever quotes and escapes they are written with."""

from __future__ import annotations

from seqspec.syntax.document import Document
from seqspec.syntax.scan import Path

Stretch = tuple[int, int]


class StringSpans:
    """The keys and strings of a document."""

    def __init__(self, document: Document) -> None:
        self._text = document.text or ""
        self._places = document.places()
        self._passed = document.passed()
        self._json = document.format == "json"

    def keys(self, path: Path) -> list[tuple[Stretch, Stretch]]:
        """The key at a path, then each longer key that goes through it: with its quotes, and without."""
        place = self._places.get(path)
        if place is None or place[2] < 0:
            return []
        tokens = dict.fromkeys([place[2:], *self._passed.get(path, ())])
        return [(token, self._unquoted(*token)) for token in tokens]

    def _unquoted(self, start: int, end: int) -> Stretch:
        quoted = self._text[start : start + 1] in ("'", '"') and end - start > 1
        return (start + 1, end - 1) if quoted else (start, end)

    def inside(self, path: Path, value: str, first: int, last: int) -> Stretch | None:
        """The stretch between two indices of the string at a path; None where that cannot be told."""
        place = self._places.get(path)
        if place is None:
            return None
        start, end = place[:2]
        if self._text.startswith(value, start + 1):
            return start + 1 + first, start + 1 + last
        stretches = self._units(start, end)
        if not first < last <= len(stretches):
            return None
        return stretches[first][0], stretches[last - 1][1]

    def _units(self, start: int, end: int) -> list[Stretch]:
        if self._json:
            from seqspec.syntax.json_text import units
        else:
            from seqspec.syntax.toml_text import units
        return list(units(self._text, start, end))
