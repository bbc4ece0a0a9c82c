"""The error-tolerant TOML parser, which builds a syntax tree and reports syntax errors."""

from __future__ import annotations

import re

from seqspec.core.diagnostics.violation import Path
from seqspec.core.syntax import toml_lexis as lexis
from seqspec.core.syntax.toml_values import KEYS_OF_LIST, ValueParser
from seqspec.core.syntax.tree import (
    EndOfParse,
    Statement,
    SyntaxNode,
    SyntaxTree,
    SyntaxViolation,
    excerpt,
    syntax_violation,
)

_VALUES = re.compile(r"""[^=]*=\s*((?:[\w.+-]+|"[^"]*")(?:\s*,\s*(?:[\w.+-]+|"[^"]*"))+)\s*""")
"""The line of a key with several values, such as `units = 8, 16`."""
_AT = re.compile(r"\(at line (\d+), column (\d+)\)$")
_AT_END = "(at end of document)"


def fault_of(error: ValueError, text: str) -> SyntaxViolation:
    """The error message of the standard parser, for a mistake that this parser does not detect."""
    message = str(error)
    match = _AT.search(message)
    if match is not None:
        lines = text.split("\n")
        line = min(int(match[1]), len(lines))
        start = sum(len(before) + 1 for before in lines[: line - 1]) + int(match[2]) - 1
        message = message[: match.start()]
    else:
        start = len(text.rstrip()) if message.endswith(_AT_END) else 0
        message = message.removesuffix(_AT_END)
    start = min(start, len(text))
    return syntax_violation(start, min(start + 1, len(text)), f"invalid TOML: {excerpt(message.strip(), 100)}")


def parse_toml_tree(text: str, depth: int) -> SyntaxTree:
    """The syntax tree of a text, which may be incomplete."""
    parser = _TomlParser(text, depth)
    tree = parser.tree
    try:
        parser.document()
    except EndOfParse:
        tree.complete = False
    tree.comments = sorted(parser.comments.items())
    return tree


class _TomlParser(ValueParser):
    """Parses statements: headers and key-value pairs, one per line."""

    def __init__(self, text: str, depth: int) -> None:
        super().__init__(text, depth)
        # The current table, its level, and its path, which is None after an invalid header.
        self.table = self.tree.root
        self.level = 0
        self.path: Path | None = ()

    def document(self) -> None:
        text = self.text
        i = self.blank(0)
        if text[i : i + 1] == "{":
            self.fault(i, i + 1, "this is JSON, not TOML", help="rename the file to end in .json")
            return
        yaml = lexis.yaml(text)
        if yaml is not None and lexis.toml_line(text) is None:
            self.fault(*yaml.span(1), "this is YAML, not TOML", help="write the spec in TOML or JSON")
            return
        while True:
            i = self.blank(i)
            c = text[i : i + 1]
            if not c:
                return
            if c == "\n" or text.startswith("\r\n", i):
                i += 1 if c == "\n" else 2
                continue
            if c == "#":
                i = self.comment(i)
                continue
            if c == "[":
                i = self.header(i)
            else:
                i = self.pair(i, self.table, self.level, self.path, inline=False)
            i = self.line_end(i)

    def line_end(self, i: int) -> int:
        """Skips the rest of a line, which may only contain a comment."""
        text = self.text
        i = self.blank(i)
        c = text[i : i + 1]
        if c == "#":
            return self.comment(i)
        if not c or c == "\n" or text.startswith("\r\n", i) or text[i - 1 : i] == "\n":
            return i
        end = self.eol(i)
        if not (self.faults and self.faults[-1].end >= i):
            if c == "\r":
                self.fault(i, i + 1, "carriage return without a newline", help="end lines with \\n or \\r\\n")
            elif c in "]})":
                self.fault(i, i + 1, f"unmatched {c}", help=f"remove the {c}")
            elif c == ",":
                values = _VALUES.fullmatch(text[text.rfind("\n", 0, i) + 1 : end])
                help = "remove the comma" if values is None else f"write a list: [{excerpt(values[1])}]"
                self.fault(i, i + 1, "unexpected comma outside a list", help=help)
            elif lexis.assignment(text, i):
                self.fault(i, end, "a new key must start on a new line", help="insert a line break before it")
            else:
                self.fault(i, end, f"unexpected text after the value: {excerpt(text[i:end])}")
        return end

    def header(self, start: int) -> int:
        text = self.text
        several = text.startswith("[[", start)
        opening, closing = ("[[", "]]") if several else ("[", "]")
        keys, i = self.keys(start + len(opening), "a table")
        if not keys:
            self.lost(start)
            return self.eol(i)
        if text.startswith(closing, i):
            i += len(closing)
        else:
            got = text[i : i + 1]
            end = i + (got == "]")
            self.fault(
                start,
                end,
                f"unclosed header: missing {closing}",
                help=f"write {opening}…{closing} on one line",
                local=got in ("", "\n", "\r", "]"),
            )
            i = self.eol(i) if got != "]" else i + 1
        holder, level = self.tree.root, 0
        path: list[str | int] = []
        for part in keys[:-1]:
            holder, level, names = self.enter(holder, level, part, "implicit")
            path += names
        key, key_start, key_end = keys[-1]
        path.append(key)
        level += 1
        self.check_depth(level + 1 + several, key_start)
        node = holder.children.get(key) if holder.children is not None else None
        if several:
            element = self.next_element(holder, node, key, (start, i, key_start, key_end))
            if element is None:
                self.lost(start)
                return i
            table, index = element
            path.append(index)
            level += 1
        elif node is None or node.kind in ("implicit", "missing"):
            if node is None:
                self.count_table(start)
            table = holder.put(key, "table", start, i, key_start, key_end)
        else:
            message, help = f"duplicate table [{excerpt('.'.join(key for key, _, _ in keys))}]", None
            if node.kind == "tables":
                message = f"{excerpt(key)} is already a list of tables"
            elif node.kind not in ("table", "dotted"):
                message = f"{excerpt(key)} already has a value"
                help = KEYS_OF_LIST if node.kind == "array" else None
            self.twice(node, start, i, message, help)
            self.lost(start)
            return i
        self.table, self.level, self.path = table, level, tuple(path)
        self.tree.statements.append(Statement(self.path, (), keys, start, i, True))
        return i

    def next_element(
        self, holder: SyntaxNode, node: SyntaxNode | None, key: str, offsets: tuple[int, int, int, int]
    ) -> tuple[SyntaxNode, int] | None:
        """Adds a table to a list of tables; returns it and its index, or None if the key is not a list of tables."""
        start, end, _, _ = offsets
        if node is None or node.kind == "missing":
            self.count_table(start)
            node = holder.put(key, "tables", *offsets)
        elif node.kind != "tables":
            message = "is already a table and cannot be a list of tables"
            if node.kind not in ("table", "implicit", "dotted"):
                message = "already has a value"
            self.twice(node, start, end, f"{excerpt(key)} {message}")
            return None
        index = len(node.children or ())
        return node.put(index, "table", *offsets), index

    def lost(self, start: int) -> None:
        """Lines after an invalid header are parsed into a table outside of the tree."""
        self.table, self.level, self.path = SyntaxNode("table", start, start, children={}), 2, None
