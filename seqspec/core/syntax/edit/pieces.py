"""Edits by offsets, texts that are edited step by step, and values in the style of the text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from seqspec.core.syntax.edit.trees import CannotEdit
from seqspec.core.syntax.formatter.nodes import UnrepresentableValue


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


class RawLiteral:
    """A value whose text is written verbatim."""

    def __init__(self, text: str) -> None:
        self.text = text


class Style:
    """How a text writes values on one line.

    Args:
        key: Returns a key, with quotes if necessary.
        literal: Returns the literal of a scalar.
        separator: The text between a key and its value.
        comma: The text between two entries.
        padded: Whether there are spaces inside `{ }`.
    """

    def __init__(
        self,
        key: Callable[[str], str],
        literal: Callable[[object], str],
        separator: str,
        comma: str,
        *,
        padded: bool,
    ) -> None:
        self.padded = padded
        self._key = key
        self._literal = literal
        self._separator = separator
        self._comma = comma

    def key(self, key: str) -> str:
        """A key."""
        if any("\ud800" <= c <= "\udfff" for c in key):
            raise CannotEdit("a key with a lone surrogate")
        return self._key(key)

    def pair(self, key: str, value: object) -> str:
        """A key and its value."""
        return f"{self.key(key)}{self._separator}{self.value(value)}"

    def value(self, value: object) -> str:
        """A value."""
        if isinstance(value, RawLiteral):
            return value.text
        if isinstance(value, Mapping):
            pad = " " if self.padded else ""
            inner = self._comma.join(self.pair(key, item) for key, item in value.items())
            return f"{{{pad}{inner}{pad}}}" if inner else "{}"
        if isinstance(value, (list, tuple)):
            return f"[{self._comma.join(map(self.value, value))}]"
        try:
            return self._literal(value)
        except UnrepresentableValue as error:
            raise CannotEdit(f"{error} cannot be represented") from None

    def in_place_of(self, old: str, value: object) -> str:
        """The literal of a value that replaces another literal, whose quotes it keeps."""
        quoted = old[:1] == "'" and old[:3] != "'''"
        if quoted and isinstance(value, str) and "'" not in value and value.isprintable():
            return f"'{value}'"
        return self.value(value)
