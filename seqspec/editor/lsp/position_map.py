r"""Converts offsets, lines and columns (from 1) to positions of the client and back, and applies its edits.

A client counts from 0, in units of the negotiated encoding, and ends lines at `\n`, `\r\n` and `\r`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

from lsprotocol import types
from lsprotocol.types import Position, Range
from pygls.workspace import PositionCodec

from seqspec.core.api.diagnostics import Span

_END = re.compile(r"\r\n|\n|\r")


class PositionMap:
    """The positions in one version of a text.

    Args:
        text: The text in the client.
        codec: The position encoding of the client.
    """

    def __init__(self, text: str, codec: PositionCodec) -> None:
        # Documents omit a byte order mark; the client counts it.
        self._mark = codec.client_num_units("\ufeff") if text.startswith("\ufeff") else 0
        self.text = text.removeprefix("\ufeff")
        self._codec = codec
        self._plain = self.text.isascii()
        self._starts = [0, *(match.end() for match in _END.finditer(self.text))]
        self._breaks: list[int] | None = None

    def offset(self, position: Position) -> int:
        """The offset of a position; a position after the end of its line is clamped."""
        line, units = position.line, position.character
        if line >= len(self._starts):
            return len(self.text)
        start = self._starts[line]
        end = self._starts[line + 1] if line + 1 < len(self._starts) else len(self.text)
        if line == 0:
            units = max(units - self._mark, 0)
        return start + index_of(self.text[start:end].rstrip("\r\n"), units, self._codec)

    def position(self, offset: int) -> Position:
        """The position of an offset."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._starts, offset) - 1
        start = self._starts[line]
        units = offset - start if self._plain else self._codec.client_num_units(self.text[start:offset])
        return Position(line, units + (self._mark if line == 0 else 0))

    def range(self, start: int, end: int) -> Range:
        """The range between two offsets."""
        return Range(self.position(start), self.position(end))

    def span(self, span: Span | None) -> Range:
        """The range of a span; the start of the text for None."""
        return self.range(0, 0) if span is None else self.range(*self.offsets(span))

    def offsets(self, span: Span) -> tuple[int, int]:
        """The offsets of a span."""
        return self.at(span.line, span.column), self.at(span.end_line, span.end_column)

    def at(self, line: int, column: int) -> int:
        r"""The offset of a line (ended by `\n` only) and a column, both from 1."""
        if self._breaks is None:
            self._breaks = [0, *(match.end() for match in re.finditer("\n", self.text))]
        if line > len(self._breaks):
            return len(self.text)
        return min(self._breaks[line - 1] + column - 1, len(self.text))

    def lines(self) -> list[str]:
        """The lines with their line ends."""
        return [self.text[start:end] for start, end in zip(self._starts, [*self._starts[1:], len(self.text)])]

    def line_end(self, offset: int) -> int:
        """The offset of the end of the line of another offset, without its line break."""
        match = _END.search(self.text, offset)
        return match.start() if match else len(self.text)

    def line_start(self, offset: int) -> int:
        """The offset of the start of the line of another offset."""
        return self._starts[bisect_right(self._starts, offset) - 1]


def index_of(line: str, units: int, codec: PositionCodec) -> int:
    """The index in a line after a number of client units; at most its length."""
    if line.isascii():
        return min(units, len(line))
    count = 0
    for index, character in enumerate(line):
        if count >= units:
            return index
        count += codec.client_num_units(character)
    return len(line)


_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def apply_content_changes(
    text: str, changes: Iterable[types.TextDocumentContentChangeEvent], codec: PositionCodec
) -> str:
    """The text after edits, each of which refers to the result of the previous one."""
    lines: list[str] | None = None
    for change in changes:
        if not isinstance(change, types.TextDocumentContentChangePartial):
            text, lines = change.text, None
            continue
        if lines is None:
            lines = _LINES.findall(text)
        _edit(lines, change, codec)
    return text if lines is None else "".join(lines)


def _edit(lines: list[str], change: types.TextDocumentContentChangePartial, codec: PositionCodec) -> None:
    start, end = change.range.start, change.range.end
    first, before = _split(lines, start, codec)
    last, after = _split(lines, end, codec)
    if (first, before) > (last, after):
        # A reversed range.
        first, before, last, after = last, after, first, before
    head = lines[first][:before] if first < len(lines) else ""
    tail = lines[last][after:] if last < len(lines) else ""
    if first and (first == len(lines) or lines[first - 1].endswith("\r")):
        # A line without an end is continued; `\r` followed by `\n` is one line end.
        first -= 1
        head = lines[first] + head
    lines[first : last + 1] = _LINES.findall(head + change.text + tail)


def _split(lines: list[str], position: types.Position, codec: PositionCodec) -> tuple[int, int]:
    """The line of a position and the index in it; positions after the end are clamped."""
    if position.line >= len(lines):
        return len(lines), 0
    return position.line, index_of(lines[position.line].rstrip("\r\n"), position.character, codec)


def replace_lone_surrogates(text: str) -> str:
    """The text with surrogate pairs joined and lone surrogates replaced.

    A client that counts in UTF-16 can split a character.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
