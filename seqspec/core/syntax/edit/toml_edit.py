"""One change of a TOML text."""

from __future__ import annotations

from collections.abc import Mapping

from seqspec.core.diagnostics.tree_fix import TreeEdit
from seqspec.core.diagnostics.violation import Path
from seqspec.core.syntax.edit.brackets import BracketEntries, new_line
from seqspec.core.syntax.edit.pieces import TextEdit, line_end, line_start
from seqspec.core.syntax.edit.style import Style
from seqspec.core.syntax.edit.trees import MISSING, CannotEdit, at_path
from seqspec.core.syntax.tree import Statement, SyntaxTree


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
