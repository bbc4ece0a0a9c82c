"""Edits comma-separated entries in brackets: items of lists, keys of inline tables and of JSON objects."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from seqspec.core.syntax.edit.pieces import TextEdit, line_end, line_start

_blank = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*").match
_OF_SUPPRESSION = re.compile(r"#\s*seqspec:")


@dataclass(eq=False)
class BracketEntries:
    """The entries between two brackets.

    Args:
        text: The whole text.
        start: The offset of the opening bracket.
        end: The offset after the closing one.
        spans: The offsets of each entry; a key with its value is one entry.
        padded: Whether there is a space inside the brackets.
    """

    text: str
    start: int
    end: int
    spans: Sequence[tuple[int, int]]
    padded: bool = field(kw_only=True)

    def insert(self, index: int, entry: str) -> list[TextEdit]:
        """Inserts an entry before the one with an index, in the style of its neighbors."""
        if not self.spans:
            return self._only(entry)
        if index < len(self.spans):
            return self._before(index, entry)
        return self._last(entry)

    def _only(self, entry: str) -> list[TextEdit]:
        inside = self.text[self.start + 1 : self.end - 1]
        pad = " " if self.padded else ""
        if not inside.strip(" \t"):
            return [TextEdit(self.start + 1, self.end - 1, pad + entry + pad)]
        return [TextEdit(self.start + 1, self.start + 1, pad + entry)]

    def _before(self, index: int, entry: str) -> list[TextEdit]:
        text = self.text
        start = self.spans[index][0]
        line = line_start(self.text, start)
        if text[line:start].strip(" \t"):
            return [TextEdit(start, start, f"{entry},{self._gap()}")]
        indent = text[line:start]
        # Above the comments of the entry.
        first = self.spans[index - 1][1] if index else self.start
        while True:
            above = line_start(self.text, line - 1)
            if above <= first or text[above:line].lstrip(" \t")[:1] != "#":
                break
            line = above
        return [TextEdit(line, line, f"{indent}{entry},{new_line(self.text)}")]

    def _last(self, entry: str) -> list[TextEdit]:
        text = self.text
        start, end = self.spans[-1]
        comma = self._comma(len(self.spans) - 1)
        line = line_start(self.text, start)
        if text[line:start].strip(" \t"):
            if comma is not None:
                return [TextEdit(comma + 1, comma + 1, f"{self._gap()}{entry},")]
            return [TextEdit(end, end, f",{self._gap()}{entry}")]
        new = f"{new_line(self.text)}{text[line:start]}{entry}"
        if comma is not None:
            offset = line_end(self.text, comma + 1) if self._only_comment_follows(comma + 1) else comma + 1
            return [TextEdit(offset, offset, f"{new},")]
        if not self._only_comment_follows(end) or line_end(self.text, end) == end:
            return [TextEdit(end, end, f",{new}")]
        offset = line_end(self.text, end)
        return [TextEdit(end, end, ","), TextEdit(offset, offset, new)]

    def remove(self, index: int) -> list[TextEdit]:
        """Removes an entry with its comma and, if it is on its own lines, with these and the comment after it."""
        start, end = self.spans[index]
        if len(self.spans) == 1 and "#" not in self.text[self.start + 1 : start] + self.text[end : self.end]:
            return [TextEdit(self.start + 1, self.end - 1, "")]
        comma = self._comma(index)
        if comma is not None:
            if self.text[end:comma].strip(" \t"):
                return [TextEdit(start, end, ""), TextEdit(comma, comma + 1, "")]
            return [self._without(start, comma + 1)]
        if index == 0:
            return [self._without(start, end)]
        comma = self._comma(index - 1)
        assert comma is not None
        between = self.text[comma + 1 : start]
        if "#" not in between and not (
            "\n" in between and self._only_comment_follows(end) and self.text[end : line_end(self.text, end)].strip()
        ):
            return [TextEdit(comma, end, "")]
        return [TextEdit(comma, comma + 1, ""), self._without(start, end)]

    def remove_all(self, indices: Sequence[int]) -> list[TextEdit]:
        """Removes several entries of an inline table."""
        if not indices:
            return []
        if len(indices) == len(self.spans):
            return [TextEdit(self.start + 1, self.end - 1, "")]
        edits = []
        for index in indices:
            # Each is removed with the white space after it, or before it if no entry remains after it.
            start, end = self.spans[index]
            if all(later in indices for later in range(index + 1, len(self.spans))):
                edits.append(TextEdit(self.spans[index - 1][1], end, ""))
            else:
                edits.append(TextEdit(start, self.spans[index + 1][0], ""))
        return edits

    def _without(self, start: int, end: int) -> TextEdit:
        """Removes a range with the white space around it; of a whole line, with its comment."""
        text = self.text
        line = line_start(self.text, start)
        alone = line > self.start and not text[line:start].strip(" \t")
        after = self._spaces(end)
        if not self._only_comment_follows(end):
            return TextEdit(start, after, "")
        stop = line_end(self.text, end)
        if alone:
            return TextEdit(line, text.index("\n", stop) + 1, "")
        comment = text[after:stop]
        if comment and not is_suppression(comment):
            return TextEdit(start, end, "")
        return TextEdit(len(text[:start].rstrip(" \t")), stop, "")

    def _comma(self, index: int) -> int | None:
        """The offset of the comma after an entry."""
        match = _blank(self.text, self.spans[index][1])
        assert match is not None
        return match.end() if self.text[match.end()] == "," else None

    def _gap(self) -> str:
        """The text between a comma and the next entry on its line."""
        comma = self._comma(0)
        return "" if comma is not None and not self.text[comma + 1].isspace() and len(self.spans) > 1 else " "

    def _spaces(self, offset: int) -> int:
        while self.text[offset : offset + 1] in (" ", "\t"):
            offset += 1
        return offset

    def _only_comment_follows(self, offset: int) -> bool:
        """Whether only a comment follows on the line, without the closing bracket."""
        after = self._spaces(offset)
        return self.text[after : after + 1] in ("\n", "\r", "#")


def new_line(text: str) -> str:
    """The line ending of a text."""
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"


def is_suppression(comment: str) -> bool:
    """Whether a comment is only a directive for its line."""
    return _OF_SUPPRESSION.match(comment) is not None
