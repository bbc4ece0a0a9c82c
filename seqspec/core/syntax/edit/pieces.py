"""Edits by offsets, and texts that are edited step by step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class TextEdit(NamedTuple):
    """Replaces the text between two offsets."""

    start: int
    end: int
    text: str


def line_start(text: str, offset: int) -> int:
    """The start of the line of an offset."""
    return text.rfind("\n", 0, max(offset, 0)) + 1


def line_end(text: str, offset: int) -> int:
    """The end of the line of an offset, before its line break."""
    end = text.find("\n", offset)
    end = len(text) if end < 0 else end
    return end - 1 if text[end - 1 : end] == "\r" else end


def applied(text: str, replacements: Iterable[TextEdit]) -> str:
    """The text after replacements that do not overlap; insertions at one offset keep their order."""
    out: list[str] = []
    at = 0
    for replacement in sorted(replacements, key=lambda r: (r.start, r.end)):
        out += (text[at : replacement.start], replacement.text)
        at = replacement.end
    return "".join(out) + text[at:]


class Pieces:
    """A text that is edited step by step, each step by offsets in the result of the previous one."""

    def __init__(self, text: str) -> None:
        self._original = text
        # Ranges of the original text, and new texts between them.
        self._pieces: list[tuple[int, int] | str] = [(0, len(text))]

    @property
    def text(self) -> str:
        """The current text."""
        return "".join(p if isinstance(p, str) else self._original[p[0] : p[1]] for p in self._pieces)

    def apply(self, replacements: Iterable[TextEdit]) -> None:
        """Applies replacements of the current text that do not overlap."""
        for replacement in sorted(replacements, key=lambda r: (r.start, r.end), reverse=True):
            first = self._cut(replacement.start)
            last = self._cut(replacement.end)
            self._pieces[first:last] = [replacement.text] if replacement.text else []

    def _cut(self, offset: int) -> int:
        """Splits the piece at an offset; returns the number of pieces before it."""
        at = 0
        for index, piece in enumerate(self._pieces):
            if at == offset:
                return index
            size = len(piece) if isinstance(piece, str) else piece[1] - piece[0]
            if offset < at + size:
                inside = offset - at
                halves: list[tuple[int, int] | str]
                if isinstance(piece, str):
                    halves = [piece[:inside], piece[inside:]]
                else:
                    halves = [(piece[0], piece[0] + inside), (piece[0] + inside, piece[1])]
                self._pieces[index : index + 1] = halves
                return index + 1
            at += size
        return len(self._pieces)

    def replacements(self) -> list[TextEdit]:
        """All changes, as replacements of the original text."""
        replacements: list[TextEdit] = []
        at = 0
        new = ""
        for piece in [*self._pieces, (len(self._original), len(self._original))]:
            if isinstance(piece, str):
                new += piece
                continue
            start, end = piece
            if new != self._original[at:start]:
                replacements.append(TextEdit(at, start, new))
            at, new = end, ""
        return replacements
