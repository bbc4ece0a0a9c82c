"""A list of layers as it is written: between brackets, or in TOML with a header for each layer."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

from seqspec.diagnostics.violation import Path
from seqspec.lsp.code_actions.source import Source
from seqspec.syntax.edit.pieces import TextEdit, line_end
from seqspec.syntax.edit.toml_edit import TomlEditor
from seqspec.syntax.edit.trees import CannotEdit
from seqspec.syntax.tree import Statement

_comment = re.compile(r"#[^\r\n]*")


class Piece(NamedTuple):
    """A layer with its comments.

    Attributes:
        above: The comments on lines of their own above it.
        words: The layer.
        after: The comment after it, empty if there are none.
    """

    above: Sequence[str]
    words: str
    behind: str = ""


class Written(ABC):
    """A list of layers.

    Attributes:
        start: Its offset.
        end: The offset after it.
        spans: The offsets of its entries, comments around them left out.
    """

    start: int
    end: int
    spans: list[tuple[int, int]]

    def __init__(self, source: Source, path: Path) -> None:
        self.source = source
        self.path = path

    @abstractmethod
    def above(self, index: int) -> int:
        """The offset of the comments above an entry; that of the entry if there are none."""

    @abstractmethod
    def commented(self, first: int, end: int) -> bool:
        """Whether comments are between entries, or in them; one after the last is not meant."""

    @abstractmethod
    def put(self, first: int, end: int, entries: Sequence[object], *, above: bool, after: bool) -> list[TextEdit]:
        """The edits that put entries in the place of others.

        Args:
            first: The first entry that goes.
            end: The one after the last of them.
            entries: Tables, or pieces with their words.
            above: Whether the comments above them go too.
            after: Whether the comment after them goes too.
        """


def written_list(source: Source, path: Path, count: int) -> Written | None:
    """How a list of some layers is written; None for an empty one."""
    if not count:
        return None
    kind = source.kind(path)
    if kind == "array":
        return Bracketed(source, path, count)
    return Headed(source, path, count) if kind == "tables" else None


class Bracketed(Written):
    """The entries between `[` and `]`, with commas."""

    def __init__(self, source: Source, path: Path, count: int) -> None:
        super().__init__(source, path)
        self.spans = [source.place((*path, index)) for index in range(count)]
        self.start, self.end = source.place(path)

    def above(self, index: int) -> int:
        comments = self._above(index)
        return comments[0].start() if comments else self.spans[index][0]

    def _above(self, index: int) -> list[re.Match[str]]:
        start = self.spans[index - 1][1] if index else self.start + 1
        end = self.spans[index][0]
        line = self.source.text.find("\n", start, end)
        if self.source.format == "json" or line < 0 or not self.source.begins_line(end):
            return []
        return list(_comment.finditer(self.source.text, line, end))

    def _behind(self, index: int) -> re.Match[str] | None:
        """The comment that follows an entry on its line."""
        start = self.spans[index][1]
        end = self.spans[index + 1][0] if index + 1 < len(self.spans) else self.end - 1
        line = self.source.text.find("\n", start, end)
        return _comment.search(self.source.text, start, line) if line >= 0 and self.source.format == "toml" else None

    def commented(self, first: int, end: int) -> bool:
        text = self.source.text
        between = any("#" in text[self.spans[index][1] : self.spans[index + 1][0]] for index in range(first, end - 1))
        inside = (text[start:stop] for start, stop in self.spans[first:end])
        return self.source.format == "toml" and (between or any("\n" in words and "#" in words for words in inside))

    def put(self, first: int, end: int, entries: Sequence[object], *, above: bool, after: bool) -> list[TextEdit]:
        source = self.source
        start, stop = self.above(first) if above else self.spans[first][0], self.spans[end - 1][1]
        indent = source.indent(self.spans[first][0])
        gap = source.new_line + indent if source.begins_line(self.spans[first][0]) else " "
        pieces = [entry if isinstance(entry, Piece) else Piece((), source.spell(entry)) for entry in entries]
        if gap == " " and any(piece.above or piece.behind for piece in pieces):
            raise CannotEdit("no comment can be added to this line")
        mine = self._behind(end - 1)
        last = pieces[-1]
        if last.behind and (mine is not None or not self._line_ends(end - 1)):
            last = Piece((*last.above, last.behind), last.words)
        words = "".join(_lead(piece, gap) + f"{piece.words},{_tail(piece)}{gap}" for piece in pieces[:-1])
        words += _lead(last, gap) + last.words
        if mine is not None and after:
            place, rest = len(source.text[: mine.start()].rstrip(" \t")), mine.end()
        else:
            place = rest = self._comma_end(end - 1) if last.behind else stop
        if place == stop:
            return [TextEdit(start, rest, words + _tail(last))]
        return [TextEdit(start, stop, words), TextEdit(place, rest, _tail(last))]

    def _line_ends(self, index: int) -> bool:
        """Whether nothing but a comma follows an entry on its line."""
        text, stop = self.source.text, self.spans[index][1]
        line = text.find("\n", stop, self.end)
        return line >= 0 and not text[stop:line].strip(" \t\r,")

    def _comma_end(self, index: int) -> int:
        """The offset after the comma of an entry, or after the entry where it has none on its line."""
        text, stop = self.source.text, self.spans[index][1]
        line = text.find("\n", stop, self.end)
        return stop + len(text[stop:line].rstrip(" \t\r"))

    def pieces(self, first: int, end: int, indent: str, edits: Sequence[TextEdit] = ()) -> list[Piece]:
        """Entries with their comments, as they are written at an indent once edits in them are made."""
        found = []
        for index in range(first, end):
            above = [match.group().rstrip() for match in self._above(index)]
            behind = self._behind(index)
            start, stop = self.spans[index]
            mine = [edit for edit in edits if start <= edit.start and edit.end <= stop]
            words = self.source.moved(start, stop, indent, mine)
            found.append(Piece(above, words, behind.group().rstrip() if behind else ""))
        return found


def _lead(piece: Piece, gap: str) -> str:
    return "".join(comment + gap for comment in piece.above)


def _tail(piece: Piece) -> str:
    return f" {piece.behind}" if piece.behind else ""


class Headed(Written):
    """`[[model.layers]]` above the keys of each entry."""

    def __init__(self, source: Source, path: Path, count: int) -> None:
        super().__init__(source, path)
        assert isinstance(source.editor, TomlEditor)
        self.editor = source.editor
        self.groups: list[list[Statement]] = [[] for _ in range(count)]
        depth = len(path)
        for each in self.editor.syntax.statements:
            if len(each.path) > depth and each.path[:depth] == path:
                index = each.path[depth]
                assert isinstance(index, int)
                self.groups[index].append(each)
        self.spans = [(group[0].start, group[-1].end) for group in self.groups]
        self.start, self.end = self.above(0), line_end(self.source.text, self.spans[-1][1])

    def above(self, index: int) -> int:
        return self.editor.above(self.groups[index][0])

    def commented(self, first: int, end: int) -> bool:
        start, stop = self.spans[first][0], self.spans[end - 1][1]
        return "#" in self.source.text[start:stop]

    def put(self, first: int, end: int, entries: Sequence[object], *, above: bool, after: bool) -> list[TextEdit]:
        text, nl = self.source.text, self.source.new_line
        header = self.groups[first][0]
        start = self.above(first) if above else header.start
        stop = self.spans[end - 1][1]
        self._contiguous(first, end)
        if after:
            stop = line_end(self.source.text, stop)
        indent = self.source.indent(header.start)
        blocks = []
        for entry in entries:
            entry = {"type": entry} if isinstance(entry, str) else entry
            if not isinstance(entry, dict):
                raise CannotEdit("a list of tables can only contain tables")
            pairs = [self.source.style.pair(key, value) for key, value in entry.items()]
            blocks.append((nl + indent).join([text[header.start : header.end], *pairs]))
        words = (nl + nl + indent).join(blocks)
        return [TextEdit(start, stop, (indent if above and start < header.start else "") + words)]

    def renamed(self, first: int, end: int, name: str, *, above: bool) -> str:
        """The statements of entries with another name in the place of that of their list."""
        self._contiguous(first, end)
        start = self.above(first) if above else self.groups[first][0].start
        stop = line_end(self.source.text, self.spans[end - 1][1])
        words: list[str] = []
        at = start
        for statement in (each for group in self.groups[first:end] for each in group if each.header):
            last = statement.part_end(self.path)
            assert last is not None
            words += (self.source.text[at : statement.key_start], name)
            at = last
        return "".join(words) + self.source.text[at:stop]

    def _contiguous(self, first: int, end: int) -> None:
        """Raises `CannotEdit` where anything else is between the statements of entries."""
        start, stop = self.spans[first][0], self.spans[end - 1][1]
        mine = sum(len(group) for group in self.groups[first:end])
        if sum(start <= each.start < stop for each in self.editor.syntax.statements) != mine:
            raise CannotEdit("the layers are not adjacent")
