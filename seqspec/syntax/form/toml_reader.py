"""TOML to a `Form`. Only texts that the standard parser takes are read, so nothing here asks whether they are right."""

from __future__ import annotations

import tomllib
from typing import Any

from seqspec.syntax import toml_lexis as lexis
from seqspec.syntax.form.nodes import Array, Entry, Form, Node, Scalar, Table


def read_toml(text: str) -> Form:
    """The form of a valid TOML text."""
    return _Reader(text.removeprefix("\ufeff").replace("\r\n", "\n")).document()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.form = Form(Table())
        # The table that keys belong to, and the comments and empty lines since the last statement.
        self.base = self.form.root
        self.pending: list[str] = []
        self.begun = False

    def document(self) -> Form:
        text = self.text
        i = 0
        while True:
            i = self.blank(i)
            c = text[i : i + 1]
            if not c:
                self.end()
                return self.form
            if c == "\n":
                self.empty_line()
                i += 1
            elif c == "#":
                comment, i = self.comment(i)
                self.pending.append(comment)
                i += 1
            else:
                entry, i = self.header(i) if c == "[" else self.statement(i)
                i = self.blank(i)
                if text[i : i + 1] == "#":
                    entry.trail, i = self.comment(i)
                i += 1

    def empty_line(self) -> None:
        if self.pending[-1:] != [""]:
            self.pending.append("")

    def blank(self, i: int) -> int:
        return lexis.blank(self.text, i).end()  # type: ignore[union-attr]

    def comment(self, i: int) -> tuple[str, int]:
        end = self.text.find("\n", i)
        end = len(self.text) if end < 0 else end
        return self.text[i:end].rstrip(), end

    def statement(self, i: int) -> tuple[Entry, int]:
        """A key, `=` and a value."""
        lead, blank = self.above_key()
        keys, i = self.keys(i)
        node, i = self.value(self.blank(i + 1))
        entry = Entry(node, lead, None, blank)
        _table_at(self.base, keys[:-1]).entries[keys[-1]] = entry
        return entry, i

    def above_key(self) -> tuple[list[str], bool]:
        above, self.pending = self.pending, []
        if not self.begun:
            self.begun = True
            self.form.preamble, self.form.apart = _trimmed(above), above[-1:] == [""]
            return [], False
        blank = above[:1] == [""]
        return above[blank:], blank

    def header(self, i: int) -> tuple[Entry, int]:
        several = self.text.startswith("[[", i)
        lead = self.above_header()
        keys, i = self.keys(i + 1 + several)
        holder = _table_at(self.form.root, keys[:-1])
        entry = holder.entries.get(keys[-1])
        if several:
            if entry is None:
                entry = holder.entries[keys[-1]] = Entry(Array())
            assert isinstance(entry.node, Array)
            entry.node.items.append(Entry(Table()))
            entry = entry.node.items[-1]
        elif entry is None:
            entry = holder.entries[keys[-1]] = Entry(Table())
        entry.lead = lead
        assert isinstance(entry.node, Table)
        self.base = entry.node
        return entry, i + 1 + several

    def above_header(self) -> list[str]:
        """The comments of a header; those right below the statement before it belong to the table that it ends."""
        above, self.pending = self.pending, []
        if not self.begun:
            self.begun = True
            cut = max((index + 1 for index, line in enumerate(above) if not line), default=0)
            self.form.preamble = _trimmed(above[:cut])
            return above[cut:]
        if above and above[0] and "" in above:
            cut = above.index("")
            self.base.tail, above = above[:cut], above[cut:]
        return above[1:] if above[:1] == [""] else above

    def end(self) -> None:
        above = self.pending
        if not self.begun:
            self.form.preamble = _trimmed(above)
            return
        if above and above[0]:
            cut = above.index("") if "" in above else len(above)
            self.base.tail, above = above[:cut], above[cut:]
        self.form.epilogue = _trimmed(above)

    def keys(self, i: int) -> tuple[list[str], int]:
        """A dotted key, and the place behind it and the blanks that follow."""
        found = []
        while True:
            i = self.blank(i)
            c = self.text[i]
            match = (lexis.basic if c == '"' else lexis.literal if c == "'" else lexis.bare_key)(self.text, i)
            assert match is not None
            found.append(lexis.key_text(match.group()))
            i = self.blank(match.end())
            if self.text[i] != ".":
                return found, i
            i += 1

    def value(self, i: int) -> tuple[Node, int]:
        c = self.text[i]
        if c == "[":
            return self.array(i + 1)
        if c == "{":
            return self.inline_table(i + 1)
        end = self.word_end(i)
        word = self.text[i:end]
        return Scalar(_read_word(word), word), end

    def word_end(self, i: int) -> int:
        text = self.text
        c = text[i]
        if c in "\"'":
            several = text.startswith(c * 3, i)
            if c == '"':
                match = (lexis.ml_basic if several else lexis.basic)(text, i)
            else:
                match = (lexis.ml_literal if several else lexis.literal)(text, i)
        else:
            match = lexis.word(text, i)
            moment = lexis.date(text, i)
            if match is not None and moment is not None and moment.end() >= match.end():
                match = moment
        assert match is not None
        return match.end()

    def array(self, i: int) -> tuple[Array, int]:
        text = self.text
        array = Array()
        above: list[str] = []
        # Whether the line goes on that the bracket, or the last item, stands on.
        same_line, last = True, None
        while True:
            i = self.blank(i)
            c = text[i]
            if c == "\n":
                if not same_line and above[-1:] != [""]:
                    above.append("")
                same_line = False
                i += 1
            elif c == "#":
                comment, i = self.comment(i)
                if same_line and last is None and array.opening is None and not array.items:
                    array.opening = comment
                elif same_line and last is not None and last.trail is None:
                    last.trail = comment
                else:
                    above.append(comment)
                same_line = False
                i += 1
            elif c == ",":
                i += 1
            elif c == "]":
                array.tail = _trimmed(above)
                return array, i + 1
            else:
                node, i = self.value(i)
                blank = above[:1] == [""]
                last = Entry(node, above[blank:], None, blank)
                array.items.append(last)
                above, same_line = [], True

    def inline_table(self, i: int) -> tuple[Table, int]:
        table = Table()
        while True:
            i = self.blank(i)
            c = self.text[i]
            if c == "}":
                return table, i + 1
            if c == ",":
                i += 1
                continue
            keys, i = self.keys(i)
            node, i = self.value(self.blank(i + 1))
            _table_at(table, keys[:-1]).entries[keys[-1]] = Entry(node)


def _table_at(table: Table, keys: list[str]) -> Table:
    """The table below another that a longer key goes through; made where it is not there yet."""
    for key in keys:
        entry = table.entries.get(key)
        if entry is None:
            entry = table.entries[key] = Entry(Table())
        node = entry.node
        if isinstance(node, Array):
            node = node.items[-1].node
        assert isinstance(node, Table)
        table = node
    return table


def _read_word(word: str) -> Any:
    if word[0] == '"' and "\\" not in word and word[:3] != '"""':
        return word[1:-1]
    return tomllib.loads(f"v = {word}")["v"]


def _trimmed(lines: list[str]) -> list[str]:
    """The lines without empty ones at either end."""
    start, end = 0, len(lines)
    while start < end and not lines[start]:
        start += 1
    while end > start and not lines[end - 1]:
        end -= 1
    return lines[start:end]
