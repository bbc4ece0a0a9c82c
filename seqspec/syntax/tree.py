"""The concrete syntax tree of a text: every key and value with its exact offsets, every comment, every mistake.

The parsers of both formats build the same tree and go on after mistakes, so that it also serves a text that is being
typed. It is built only where positions, comments or edits are requested; `tomllib` and `json` alone decide what is
valid and what the values are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from seqspec.diagnostics.violation import Path
from seqspec.syntax.faults import SyntaxFault

Range = tuple[int, int]
"""Two offsets of the text: where something starts, and where it ends."""

Offsets = tuple[int, int, int, int]
"""The offsets of a value's start and end, then of its key's start and end (-1 where it has no key)."""

Key = tuple[str, int, int]
"""One part of a dotted key: what it says, and its offsets, quotes included."""

NodeKind = Literal["table", "implicit", "dotted", "tables", "inline", "array", "scalar", "missing"]
"""How a value is written.

`table` under a TOML header, `implicit` by headers further in, `dotted` by dotted keys, `tables` by `[[ ]]`, `inline`
between braces, `array` between brackets, `scalar` as one token; `missing` where a key has no value.
"""

_MAX_FAULTS = 20
"""Faults of one text that are reported."""


class SyntaxNode:
    """A value of a document.

    Attributes:
        kind: How it is written.
        start: The offset where it starts; that of the header where it has one.
        end: The offset where it ends.
        key_start: The offset of its key, -1 where it has none.
        key_end: The offset where its key ends, -1 where it has none.
        children: The values in it by key or index, in the order of the text; None for a single value.
        passes: Where longer keys and headers of TOML go through it: the offsets of its key there.
        pairs: Of a table between braces in TOML: the keys of each pair, and where the pair ends.
    """

    __slots__ = ("children", "end", "key_end", "key_start", "kind", "pairs", "passes", "start")

    def __init__(
        self,
        kind: NodeKind,
        start: int,
        end: int,
        key_start: int = -1,
        key_end: int = -1,
        children: dict[str | int, SyntaxNode] | None = None,
    ) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.key_start = key_start
        self.key_end = key_end
        self.children = children
        self.passes: list[Range] | None = None
        self.pairs: list[tuple[list[Key], int]] | None = None

    def __repr__(self) -> str:
        return f"SyntaxNode({self.kind!r}, {self.start}, {self.end})"

    @property
    def offsets(self) -> Offsets:
        """The offsets of the value and of its key."""
        return self.start, self.end, self.key_start, self.key_end

    def put(
        self, key: str | int, kind: NodeKind, start: int, end: int, key_start: int = -1, key_end: int = -1
    ) -> SyntaxNode:
        """The value of a key: a new one, or what is known of it already, which is at these offsets from now on."""
        children = self.children
        if children is None:
            children = self.children = {}
        node = children.get(key)
        if node is None:
            node = children[key] = SyntaxNode(kind, start, end, key_start, key_end)
        else:
            node.kind, node.start, node.end, node.key_start, node.key_end = kind, start, end, key_start, key_end
        if node.children is None and kind != "scalar" and kind != "missing":
            node.children = {}
        return node

    def key_ranges(self) -> list[Range]:
        """Every place where its key is written, in the order of the text; a list of tables has one for each table."""
        ranges = {(self.key_start, self.key_end), *(self.passes or ())}
        if self.kind == "tables" and self.children:
            ranges.update((item.key_start, item.key_end) for item in self.children.values())
        return sorted(ranges)


class Statement(NamedTuple):
    """A header of TOML, or a key with its value.

    Attributes:
        path: The table that a header begins, or where the value is.
        base: The path of the table that the keys are written in; `()` for a header.
        keys: The parts of its key.
        start: The offset where it starts.
        end: The offset where it ends; a comment after it is not part of it.
        header: Whether it is a header.
    """

    path: Path
    base: Path
    keys: list[Key]
    start: int
    end: int
    header: bool

    @property
    def key_start(self) -> int:
        """The offset of the first part of its key."""
        return self.keys[0][1]

    def part_end(self, path: Path) -> int | None:
        """Where the part of its key ends that stands for a path; None where it does not go through that."""
        names = [key for key in path[len(self.base) :] if isinstance(key, str)]
        if not names or not isinstance(path[-1], str) or self.path[: len(path)] != path:
            return None
        return self.keys[len(names) - 1][2]


class Spans(Mapping[Path, Offsets]):
    """The offsets of every value by its path, read from the tree when requested."""

    def __init__(self, tree: SyntaxTree) -> None:
        self._tree = tree

    def __getitem__(self, path: Path) -> Offsets:
        node = self._tree.find(path)
        if node is None:
            raise KeyError(path)
        return node.offsets

    def __contains__(self, path: object) -> bool:
        return isinstance(path, tuple) and self._tree.find(path) is not None

    def __iter__(self) -> Iterator[Path]:
        return (path for path, _ in self._tree.walk())

    def __len__(self) -> int:
        return sum(1 for _ in self._tree.nodes())


class SyntaxTree:
    """The tree of one text.

    Attributes:
        text: The text.
        format: `"toml"` or `"json"`.
        root: The whole document.
        statements: The headers of TOML and the pairs with lines of their own, in the order of the text.
        comments: The offsets of every comment, in the order of the text; JSON has none that are valid.
        faults: The mistakes in the order in which they were met; what follows the first is often its consequence.
        complete: Whether the text was read to its end; where it is beyond a limit, the last fault says which.
    """

    def __init__(self, text: str, format: str) -> None:
        self.text = text
        self.format = format
        self.root = SyntaxNode("table", 0, 0, children={})
        self.statements: list[Statement] = []
        self.comments: list[Range] = []
        self.faults: list[SyntaxFault] = []
        self.complete = True

    @property
    def certain_faults(self) -> list[SyntaxFault]:
        """The faults that are not consequences of others, each once: up to the first one that is not local."""
        found: list[SyntaxFault] = []
        for fault in self.faults[:_MAX_FAULTS]:
            if fault.rule == "duplicate-key" or any(fault.message == known.message for known in found):
                continue
            found.append(fault)
            if not fault.local:
                break
        return found

    @property
    def spans(self) -> Spans:
        """The offsets of every value by its path."""
        return Spans(self)

    def find(self, path: Path) -> SyntaxNode | None:
        """The value at a path; None if absent."""
        node: SyntaxNode | None = self.root
        for key in path:
            if node is None or node.children is None:
                return None
            node = node.children.get(key)
        return node

    def nearest(self, path: Path) -> tuple[SyntaxNode, int]:
        """The innermost value on the way to a path, and how much of the path leads to it."""
        node = self.root
        for length, key in enumerate(path):
            inner = node.children.get(key) if node.children is not None else None
            if inner is None:
                return node, length
            node = inner
        return node, len(path)

    def nodes(self) -> Iterator[SyntaxNode]:
        """Every value, those in it after each."""
        pending = [self.root]
        while pending:
            node = pending.pop()
            yield node
            if node.children:
                pending += reversed(node.children.values())

    def walk(self) -> Iterator[tuple[Path, SyntaxNode]]:
        """Every value with its path, those in it after each."""
        pending: list[tuple[Path, SyntaxNode]] = [((), self.root)]
        while pending:
            path, node = pending.pop()
            yield path, node
            if node.children:
                pending += [((*path, key), inner) for key, inner in reversed(node.children.items())]

    def pairs(self, path: Path) -> list[Statement]:
        """The keys with their values of a table between braces in TOML; empty for anything else."""
        node = self.find(path)
        return [] if node is None else _pairs(path, node)

    def all_statements(self) -> Iterator[Statement]:
        """All statements, then the pairs of all tables between braces."""
        yield from self.statements
        for path, node in self.walk():
            yield from _pairs(path, node)

    def trivia(self, start: int, end: int) -> Iterator[str]:
        """The comments of TOML and the line breaks between two offsets where no value is.

        A line break that ends a comment is left out.
        """
        for match in _TRIVIA.finditer(self.text, start, end):
            yield match.group().rstrip() or "\n"


_TRIVIA = re.compile(r"#[^\n]*\n?|\n")


def _pairs(path: Path, node: SyntaxNode) -> list[Statement]:
    return [
        Statement((*path, *(key for key, _, _ in keys)), path, keys, keys[0][1], end, False)
        for keys, end in node.pairs or ()
    ]
