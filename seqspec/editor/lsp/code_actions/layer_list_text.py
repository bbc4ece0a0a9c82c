"""The text of a list of layers: in brackets, or in TOML with a header per layer."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

from seqspec.core.diagnostics.violation import Path
from seqspec.core.syntax.edit.pieces import TextEdit, line_end
from seqspec.core.syntax.edit.toml_edit import TomlEditor
from seqspec.core.syntax.edit.trees import CannotEdit
from seqspec.core.syntax.tree import Statement
from seqspec.editor.lsp.code_actions.source import EditableSource

_comment = re.compile(r"#[^\r\n]*")


class LayerText(NamedTuple):
    """A layer with its comments.

    Attributes:
        leading: The comments on lines of their own above it.
        text: The layer.
        trailing: The comment after it; empty if there is none.
    """

    leading: Sequence[str]
    text: str
    trailing: str = ""


class LayerListText(ABC):
    """A list of layers.

    Attributes:
        start: Its offset.
        end: The offset after it.
        spans: The offsets of its entries, without comments.
    """

    start: int
    end: int
    spans: list[tuple[int, int]]

    def __init__(self, source: EditableSource, path: Path) -> None:
        self.source = source
        self.path = path

    @abstractmethod
    def start_with_comments(self, index: int) -> int:
        """The offset of the comments above an entry, or of the entry if there are none."""

    @abstractmethod
    def commented(self, first: int, end: int) -> bool:
        """Whether there are comments between or in entries, except after the last one."""

    @abstractmethod
    def put(self, first: int, end: int, entries: Sequence[object], *, above: bool, after: bool) -> list[TextEdit]:
        """The edits that replace entries by others.

        Args:
            first: The first replaced entry.
            end: The one after the last of them.
            entries: Tables, or pieces with their text.
            above: Whether the comments above them are replaced too.
            after: Whether the comment after them is replaced too.
        """


def written_list(source: EditableSource, path: Path, count: int) -> LayerListText | None:
    """The text of a list of layers; None for an empty list."""
    if not count:
        return None
    kind = source.kind(path)
    if kind == "array":
        return Bracketed(source, path, count)
    return Headed(source, path, count) if kind == "tables" else None


class Bracketed(LayerListText):
    """The entries between `[` and `]`, with commas."""

    def __init__(self, source: EditableSource, path: Path, count: int) -> None:
        super().__init__(source, path)
        self.spans = [source.place((*path, index)) for index in range(count)]
        self.start, self.end = source.place(path)

    def start_with_comments(self, index: int) -> int:
        comments = self._above(index)
        return comments[0].start() if comments else self.spans[index][0]

    def _above(self, index: int) -> list[re.Match[str]]:
        start = self.spans[index - 1][1] if index else self.start + 1
        end = self.spans[index][0]
        line = self.source.text.find("\n", start, end)
        if line < 0 or not self.source.begins_line(end):
            return []
        return list(_comment.finditer(self.source.text, line, end))

    def _comment_after(self, index: int) -> re.Match[str] | None:
        """The comment after an entry on its line."""
        start = self.spans[index][1]
        end = self.spans[index + 1][0] if index + 1 < len(self.spans) else self.end - 1
        line = self.source.text.find("\n", start, end)
        return _comment.search(self.source.text, start, line) if line >= 0 else None

    def commented(self, first: int, end: int) -> bool:
        text = self.source.text
        between = any("#" in text[self.spans[index][1] : self.spans[index + 1][0]] for index in range(first, end - 1))
        inside = (text[start:stop] for start, stop in self.spans[first:end])
        return self.source.syntax.has_comments and (between or any("\n" in gap and "#" in gap for gap in inside))

    def put(self, first: int, end: int, entries: Sequence[object], *, above: bool, after: bool) -> list[TextEdit]:
        source = self.source
        start, stop = self.start_with_comments(first) if above else self.spans[first][0], self.spans[end - 1][1]
        indent = source.indent(self.spans[first][0])
        gap = source.new_line + indent if source.begins_line(self.spans[first][0]) else " "
        pieces = [entry if isinstance(entry, LayerText) else LayerText((), source.spell(entry)) for entry in entries]
        if gap == " " and any(piece.leading or piece.trailing for piece in pieces):
            raise CannotEdit("no comment can be added to this line")
        mine = self._comment_after(end - 1)
        last = pieces[-1]
        if last.trailing and (mine is not None or not self._line_ends(end - 1)):
            last = LayerText((*last.leading, last.trailing), last.text)
        text = "".join(_lead(piece, gap) + f"{piece.text},{_tail(piece)}{gap}" for piece in pieces[:-1])
        text += _lead(last, gap) + last.text
        if mine is not None and after:
            text_end, rest = len(source.text[: mine.start()].rstrip(" \t")), mine.end()
        else:
            text_end = rest = self._comma_end(end - 1) if last.trailing else stop
        if text_end == stop:
            return [TextEdit(start, rest, text + _tail(last))]
        return [TextEdit(start, stop, text), TextEdit(text_end, rest, _tail(last))]

    def _line_ends(self, index: int) -> bool:
        """Whether only a comma follows an entry on its line."""
        text, stop = self.source.text, self.spans[index][1]
        line = text.find("\n", stop, self.end)
        return line >= 0 and not text[stop:line].strip(" \t\r,")

    def _comma_end(self, index: int) -> int:
        """The offset after the comma of an entry, or after the entry without a comma on its line."""
        text, stop = self.source.text, self.spans[index][1]
        line = text.find("\n", stop, self.end)
        return stop + len(text[stop:line].rstrip(" \t\r"))

    def pieces(self, first: int, end: int, indent: str, edits: Sequence[TextEdit] = ()) -> list[LayerText]:
        """Entries with their comments, with edits applied and reindented."""
        pieces = []
        for index in range(first, end):
            above = [match.group().rstrip() for match in self._above(index)]
            comment = self._comment_after(index)
            start, stop = self.spans[index]
            mine = [edit for edit in edits if start <= edit.start and edit.end <= stop]
            piece_text = self.source.moved(start, stop, indent, mine)
            pieces.append(LayerText(above, piece_text, comment.group().rstrip() if comment else ""))
        return pieces


def _lead(piece: LayerText, gap: str) -> str:
    return "".join(comment + gap for comment in piece.leading)


def _tail(piece: LayerText) -> str:
    return f" {piece.trailing}" if piece.trailing else ""


class Headed(LayerListText):
    """`[[model.layers]]` above the keys of each entry."""

    def __init__(self, source: EditableSource, path: Path, count: int) -> None:
        super().__init__(source, path)
        assert isinstance(source.editor, TomlEditor)
        self.editor = source.editor
        self.groups: list[list[Statement]] = [[] for _ in range(count)]
        depth = len(path)
        for statement in self.editor.syntax.statements:
            if len(statement.path) > depth and statement.path[:depth] == path:
                index = statement.path[depth]
                assert isinstance(index, int)
                self.groups[index].append(statement)
        self.spans = [(group[0].start, group[-1].end) for group in self.groups]
        self.start, self.end = self.start_with_comments(0), line_end(self.source.text, self.spans[-1][1])

    def start_with_comments(self, index: int) -> int:
        return self.editor.above(self.groups[index][0])

    def commented(self, first: int, end: int) -> bool:
        start, stop = self.spans[first][0], self.spans[end - 1][1]
        return "#" in self.source.text[start:stop]

    def put(self, first: int, end: int, entries: Sequence[object], *, above: bool, after: bool) -> list[TextEdit]:
        text, nl = self.source.text, self.source.new_line
        header = self.groups[first][0]
        start = self.start_with_comments(first) if above else header.start
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
        new_text = (nl + nl + indent).join(blocks)
        return [TextEdit(start, stop, (indent if above and start < header.start else "") + new_text)]

    def renamed(self, first: int, end: int, name: str, *, above: bool) -> str:
        """The statements of entries with the name of their list replaced."""
        self._contiguous(first, end)
        start = self.start_with_comments(first) if above else self.groups[first][0].start
        stop = line_end(self.source.text, self.spans[end - 1][1])
        texts: list[str] = []
        at = start
        for statement in (each for group in self.groups[first:end] for each in group if each.header):
            last = statement.part_end(self.path)
            assert last is not None
            texts += (self.source.text[at : statement.key_start], name)
            at = last
        return "".join(texts) + self.source.text[at:stop]

    def _contiguous(self, first: int, end: int) -> None:
        """Raises `CannotEdit` if other statements are between the statements of entries."""
        start, stop = self.spans[first][0], self.spans[end - 1][1]
        mine = sum(len(group) for group in self.groups[first:end])
        if sum(start <= statement.start < stop for statement in self.editor.syntax.statements) != mine:
            raise CannotEdit("the layers are not adjacent")
