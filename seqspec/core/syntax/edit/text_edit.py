"""One change of a TOML or JSON text, and of comma-separated entries in brackets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from seqspec.core.diagnostics.diagnostic import TreeEdit
from seqspec.core.diagnostics.violation import Path
from seqspec.core.syntax.edit.pieces import Style, TextEdit, line_end, line_start
from seqspec.core.syntax.edit.trees import MISSING, CannotEdit, at_path
from seqspec.core.syntax.tree import Statement, SyntaxTree

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


class JsonEditor:
    """The edits of a JSON text."""

    def __init__(self, syntax: SyntaxTree, tree: object, style: Style) -> None:
        self._syntax = syntax
        self._text = syntax.text
        self._tree = tree
        self.style = style

    def replacements(self, change: TreeEdit) -> list[TextEdit]:
        """The edits that make a change of the tree."""
        action, path, value = change
        if action == "rename":
            node = self._syntax.existing(path)
            return [TextEdit(node.key_start, node.key_end, self.style.key(value))]
        if action == "set" and at_path(self._tree, path) is not MISSING:
            node = self._syntax.existing(path)
            return [TextEdit(node.start, node.end, self.style.value(value))]
        around, inner = self.entries(path[:-1])
        if action == "remove":
            return around.remove(inner.index(path))
        if action == "insert":
            assert isinstance(path[-1], int)
            return around.insert(path[-1], self.style.value(value))
        return around.insert(len(inner), self.style.pair(str(path[-1]), value))

    def entries(self, holder: Path) -> tuple[BracketEntries, list[Path]]:
        """The entries of a table or list, and their paths."""
        around = at_path(self._tree, holder)
        inner = [(*holder, name) for name in (around if isinstance(around, dict) else range(len(around)))]
        nodes = [self._syntax.existing(path) for path in inner]
        spans = [(node.start if node.key_start < 0 else node.key_start, node.end) for node in nodes]
        padded = self.style.padded and isinstance(around, dict)
        node = self._syntax.existing(holder)
        return BracketEntries(self._text, node.start, node.end, spans, padded=padded), inner


class TomlEditor:
    """The edits of a TOML text."""

    def __init__(self, syntax: SyntaxTree, tree: object, style: Style) -> None:
        self.syntax = syntax
        self.text = syntax.text
        self.tree = tree
        self.style = style
        self.nl = new_line(self.text)

    def replacements(self, change: TreeEdit) -> list[TextEdit]:
        """The edits that make a change of the tree. Raises `CannotEdit`."""
        action, path, value = change
        if action == "rename":
            return [
                TextEdit(start, end, self.style.key(value)) for start, end in self.syntax.existing(path).key_ranges()
            ]
        if action == "remove":
            return self.remove(path)
        if action == "insert":
            return self.insert(path, value)
        return self.add(path, value) if at_path(self.tree, path) is MISSING else self.put(path, value)

    def put(self, path: Path, value: object) -> list[TextEdit]:
        """Replaces a value; a table or list only by a value of another kind."""
        node = self.syntax.existing(path)
        if node.kind not in ("inline", "array", "scalar"):
            if isinstance(path[-1], int):
                raise CannotEdit("an item of a list of tables must be a table")
            # The old value has its own lines; the new one replaces the first of them.
            return self._unlisted(path, value)
        return [TextEdit(node.start, node.end, self.style.in_place_of(self.text[node.start : node.end], value))]

    # Adding

    def add(self, path: Path, value: object) -> list[TextEdit]:
        """Adds a key to an existing table."""
        holder, key = path[:-1], str(path[-1])
        kind = self.syntax.existing(holder).kind
        if kind == "inline":
            return self._braces(holder).insert(len(self.syntax.pairs(holder)), self.style.pair(key, value))
        if kind == "dotted":
            return self._add_dotted(holder, key, value)
        if kind == "table":
            return self._add_line(holder, key, value)
        if kind == "implicit":
            first = next(s for s in self.syntax.statements if _within(s.path, holder))
            offset = self.above(first)
            lines = [f"[{self._header_key(first, holder)}]", self.style.pair(key, value), "", ""]
            return [TextEdit(offset, offset, self.nl.join(lines))]
        raise CannotEdit("cannot add a key here")

    def _add_dotted(self, holder: Path, key: str, value: object) -> list[TextEdit]:
        # Keys inside of values do not name the table.
        statements = [s for s in self.syntax.all_statements() if not s.header and s.part_end(holder) is not None]
        last = statements[-1]
        entry = f"{self.text[last.key_start : last.part_end(holder)]}.{self.style.pair(key, value)}"
        entries = self.syntax.pairs(last.base)
        if last in entries:
            return self._braces(last.base).insert(entries.index(last) + 1, entry)
        return [self._below(last, entry)]

    def _add_line(self, table: Path, key: str, value: object) -> list[TextEdit]:
        statements = self.syntax.statements
        if not table and isinstance(value, dict) and value and any(s.header for s in statements):
            return [self._section(key, value)]
        entry = self.style.pair(key, value)
        siblings = [s for s in statements if not s.header and s.base == table]
        if siblings:
            return [self._below(siblings[-1], entry)]
        if table:
            return [self._below(next(s for s in statements if s.header and s.path == table), entry)]
        return [TextEdit(0, 0, entry + self.nl)]

    def _section(self, key: str, value: Mapping[str, object]) -> TextEdit:
        """Adds a table with its own header at the end of the text."""
        lines = [f"[{self.style.key(key)}]", *(self.style.pair(name, item) for name, item in value.items()), ""]
        body = self.text.rstrip(" \t\r\n")
        gap = self.nl * 2 if body else ""
        return TextEdit(len(self.text), len(self.text), self._missing_gap(gap) + self.nl.join(lines))

    def _missing_gap(self, gap: str) -> str:
        """The line breaks of an empty line that the text does not end with yet."""
        tail = self.text[len(self.text.rstrip("\r\n")) :]
        return gap[len(tail) :] if len(tail) < len(gap) else ""

    def _below(self, statement: Statement, line: str) -> TextEdit:
        """Adds a line below a statement, with the same indentation."""
        start = line_start(self.text, statement.start)
        offset = line_end(self.text, statement.end)
        return TextEdit(offset, offset, f"{self.nl}{self.text[start : statement.start]}{line}")

    # Removing

    def remove(self, path: Path) -> list[TextEdit]:
        holder = path[:-1]
        if isinstance(path[-1], int) and self.syntax.existing(holder).kind == "array":
            return self._brackets(holder).remove(path[-1])
        for length in range(len(holder), -1, -1):
            base = holder[:length]
            entries = self.syntax.pairs(base)
            mine = [s for s in entries if _within(s.path, path)]
            if mine:
                return self._remove_inline(base, entries, mine, path)
        return self._unlisted(path, MISSING)

    def _remove_inline(self, base: Path, entries: list[Statement], mine: list[Statement], path: Path) -> list[TextEdit]:
        around = self._braces(base)
        if len(path) > len(base) + 1 and not any(_within(s.path, path[:-1]) and s not in mine for s in entries):
            # The only dotted key that declares the table above it: that table stays, empty.
            kept, *mine = mine
            name = self.text[kept.key_start : kept.part_end(path[:-1])]
            empty = TextEdit(kept.key_start, kept.end, f"{name} = {{}}")
            return [empty, *around.remove_all([entries.index(s) for s in mine])]
        return around.remove_all([entries.index(s) for s in mine])

    def _unlisted(self, path: Path, value: object) -> list[TextEdit]:
        """Removes the statements of a path; a value replaces the first of them."""
        gone = [s for s in self.syntax.statements if _within(s.path, path)]
        first = gone[0]
        instead = None
        if value is not MISSING or self._vanishes(path, gone):
            instead, elsewhere = self._instead(path, first, value)
            if elsewhere:
                return [*elsewhere, *self._stretches(gone, None)]
        return self._stretches(gone, instead)

    def _vanishes(self, path: Path, gone: list[Statement]) -> bool:
        """Whether only the removed statements declare the table or list around a path."""
        holder = path[:-1]
        if not holder or self.syntax.existing(holder).kind == "table":
            return False
        return not any(_within(s.path, holder) and s not in gone for s in self.syntax.statements)

    def _instead(self, path: Path, first: Statement, value: object) -> tuple[str | None, list[TextEdit]]:
        """The text that replaces the first statement, or edits elsewhere."""
        holder, key = path[:-1], path[-1]
        if value is MISSING:
            # An empty table or list instead of one whose only entry is removed.
            kind = self.syntax.existing(holder).kind
            if kind == "implicit":
                return f"[{self._header_key(first, holder)}]", []
            path, value = holder, [] if kind == "tables" else {}
            holder, key = path[:-1], path[-1]
        pair = self.style.pair(str(key), value)
        if not first.header:
            relative = path[len(first.base) :]
            name = ".".join(self.style.key(str(part)) for part in relative)
            return f"{name} = {self.style.value(value)}", []
        kind = self.syntax.existing(holder).kind
        if kind == "implicit":
            return f"[{self._header_key(first, holder)}]{self.nl}{pair}", []
        return None, self._add_dotted(holder, str(key), value) if kind == "dotted" else self._add_pair(holder, pair)

    def _add_pair(self, table: Path, pair: str) -> list[TextEdit]:
        statements = self.syntax.statements
        siblings = [
            s for s in statements if (not s.header and s.base == table) or (s.header and table and s.path == table)
        ]
        return [self._below(siblings[-1], pair)] if siblings else [TextEdit(0, 0, pair + self.nl)]

    def _stretches(self, gone: list[Statement], instead: str | None) -> list[TextEdit]:
        """Replaces the lines of statements, including those between a header and its keys."""
        stretches: list[tuple[int, int]] = []
        for statement in gone:
            if stretches and not statement.header and any(s.header and s.path == statement.base for s in gone):
                stretches[-1] = (stretches[-1][0], statement.end)
            else:
                stretches.append((statement.start, statement.end))
        edits = []
        for start, end in stretches:
            edits.append(self._lines(start, end, instead))
            instead = None
        return edits

    def _lines(self, start: int, end: int, instead: str | None) -> TextEdit:
        """Replaces a stretch, or removes its lines, with the comment at the end of the last one."""
        text = self.text
        line, stop = line_start(self.text, start), line_end(self.text, end)
        if instead is not None:
            return TextEdit(start, end, instead)
        after = text.find("\n", stop) + 1
        if after == 0:
            # The last line without a line break: the one before it is removed instead.
            before = len(text[:line].removesuffix("\n").removesuffix("\r"))
            return TextEdit(before, stop, "")
        if after == len(text) and line and self._blank_line(line_start(self.text, line - 1)):
            line = line_start(self.text, line - 1)
        if self._blank_line(after) and (line == 0 or self._blank_line(line_start(self.text, line - 1))):
            # Only one of the empty lines around it stays.
            after = text.find("\n", after) + 1 or len(text)
        return TextEdit(line, after, "")

    def _blank_line(self, start: int) -> bool:
        return start < len(self.text) and not self.text[start : line_end(self.text, start)].strip(" \t")

    # Items

    def insert(self, path: Path, value: object) -> list[TextEdit]:
        holder, index = path[:-1], path[-1]
        assert isinstance(index, int)
        kind = self.syntax.existing(holder).kind
        if kind == "array":
            return self._brackets(holder).insert(index, self.style.value(value))
        if kind != "tables" or not isinstance(value, dict):
            raise CannotEdit("a list of tables can only contain tables")
        headers = [s for s in self.syntax.statements if s.header and s.path[:-1] == holder]
        model = headers[min(index, len(headers) - 1)]
        indent = self.text[line_start(self.text, model.start) : model.start]
        lines = [self.text[model.start : model.end], *(self.style.pair(key, item) for key, item in value.items())]
        block = self.nl.join(indent + line for line in lines)
        above = self.above(model)
        apart = self.nl if len(headers) == 1 or not above or self._blank_line(line_start(self.text, above - 1)) else ""
        if index < len(headers):
            return [TextEdit(above, above, block + self.nl + apart)]
        last = [s for s in self.syntax.statements if _within(s.path, holder)][-1]
        offset = line_end(self.text, last.end)
        return [TextEdit(offset, offset, self.nl + apart + block)]

    # Places

    def _braces(self, path: Path) -> BracketEntries:
        spans = [(s.key_start, s.end) for s in self.syntax.pairs(path)]
        node = self.syntax.existing(path)
        return BracketEntries(self.text, node.start, node.end, spans, padded=self.style.padded)

    def _brackets(self, path: Path) -> BracketEntries:
        node = self.syntax.existing(path)
        spans = [(item.start, item.end) for item in (node.children or {}).values()]
        return BracketEntries(self.text, node.start, node.end, spans, padded=False)

    def _header_key(self, header: Statement, path: Path) -> str:
        """The part of a header's key for an outer table, as written."""
        return self.text[header.key_start : header.part_end(path)]

    def above(self, statement: Statement) -> int:
        """The line of a statement, or the first of the comments right above it."""
        line = line_start(self.text, statement.start)
        ends = {line_start(self.text, s.end) for s in self.syntax.statements}
        while line:
            above = line_start(self.text, line - 1)
            if above in ends or self.text[above:line].lstrip(" \t")[:1] != "#":
                break
            line = above
        return line


def _within(path: Path, prefix: Path) -> bool:
    return path[: len(prefix)] == prefix
