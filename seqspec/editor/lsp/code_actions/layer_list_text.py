"""The text of a list of layers: in brackets, or in TOML with a header per layer; and the layers at a selection."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from seqspec.core.api.diagnostics import Path
from seqspec.core.api.language import entries, is_extension_key
from seqspec.core.api.syntax import CannotEdit, Statement, TextEdit, TomlEditor, at_path, equal_trees, line_end
from seqspec.editor.lsp.code_actions.request import CodeActionRequest, EditableSource

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
        for statement in (item for group in self.groups[first:end] for item in group if item.header):
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


class LayerRange(NamedTuple):
    """Consecutive layers of a list: the first index, and the one after the last."""

    path: Path
    first: int
    end: int


def layer_lists(tree: Mapping[str, object]) -> Iterator[tuple[Path, list[object]]]:
    """All lists in which blocks can be used, with their paths."""
    for key in ("blocks", "model"):
        yield from _lists(tree.get(key), (key,))


def _lists(value: object, path: Path) -> Iterator[tuple[Path, list[object]]]:
    if not isinstance(value, (dict, list)):
        return
    if isinstance(value, list) and path[-1] == "layers":
        yield path, value
    for key, item in entries(value):
        if not is_extension_key(key):
            yield from _lists(item, (*path, key))


def entry_at(request: CodeActionRequest) -> Path | None:
    """The innermost layer or block use that contains the selection."""
    path = request.inner[0] if request.inner is not None else ()
    for length in range(len(path), 2, -1):
        if isinstance(path[length - 1], int) and path[length - 2] == "layers" and path[0] in ("model", "blocks"):
            return path[:length]
    return None


def selected(request: CodeActionRequest) -> tuple[LayerRange, LayerListText] | None:
    """The selected layers and the text of their list; None if the selection does not cover whole layers."""
    text = request.source.text
    selected_text = text[request.start : request.end]
    start = request.start + len(selected_text) - len(selected_text.lstrip(" \t\r\n,"))
    end = request.end - (len(selected_text) - len(selected_text.rstrip(" \t\r\n,")))
    if start >= end:
        return None
    for path, items in sorted(layer_lists(request.source.tree), key=lambda pair: -len(pair[0])):
        written = written_list(request.source, path, len(items))
        if written is None or not written.start <= start <= end <= written.end:
            continue
        met = [n for n, (first, last) in enumerate(written.spans) if first < end and start < last]
        if met and all(start <= written.spans[n][0] and written.spans[n][1] <= end for n in met):
            return LayerRange(path, met[0], met[-1] + 1), written
    return None


def equal_ranges(tree: Mapping[str, object], run: LayerRange) -> list[LayerRange]:
    """A run and all equal, non-overlapping runs, by list and in order."""
    runs: list[LayerRange] = []
    length = run.end - run.first
    wanted = at_path(tree, run.path)[run.first : run.end]
    for path, items in layer_lists(tree):
        mine: list[LayerRange] = []
        if path == run.path:
            at = run.first - length
            while at >= 0:
                if equal_trees(items[at : at + length], wanted):
                    mine.insert(0, LayerRange(path, at, at + length))
                    at -= length
                else:
                    at -= 1
            mine.append(run)
        at = run.end if path == run.path else 0
        while at + length <= len(items):
            if equal_trees(items[at : at + length], wanted):
                mine.append(LayerRange(path, at, at + length))
                at += length
            else:
                at += 1
        runs += mine
    return runs
