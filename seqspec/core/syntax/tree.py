"""The concrete syntax tree of a text: keys and values with their offsets, comments, and syntax errors.

The parsers of both formats build the same tree and continue after mistakes, so that it also works for a text that is
being edited. It is built only if positions, comments or edits are needed; only `tomllib` and `json` decide what is
valid and what the values are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from seqspec.core.diagnostics.violation import Path, Violation

MINIMAL_SPEC: dict[str, object] = {"seqspec": 1, "model": {"input": [...], "layers": [...]}}
"""The suggested content of an empty file."""

CURLY = "\u201c\u201d\u201e\u2018\u2019"
"""Typographic quotation marks, which are not valid in TOML and JSON."""


class SyntaxViolation(NamedTuple):
    """A violation in the syntax of a text, by offsets.

    Attributes:
        start: The offset where it starts.
        end: The offset where it ends.
        violation: What is wrong; the document adds the location.
        related: Offsets of related places, each with a short text.
        local: Whether the rest of the text is parsed as without the mistake, so that it has no consequences.
    """

    start: int
    end: int
    violation: Violation
    related: tuple[tuple[int, int, str], ...] = ()
    local: bool = False

    @property
    def rule(self) -> str:
        """The name of its rule."""
        return self.violation.rule

    @property
    def message(self) -> str:
        """The violation of the fault."""
        return self.violation.message


def syntax_violation(
    start: int,
    end: int,
    message: str,
    *,
    rule: str = "syntax-error",
    label: str | None = None,
    help: str | None = None,
    related: tuple[tuple[int, int, str], ...] = (),
    local: bool = False,
) -> SyntaxViolation:
    """A fault with a new violation."""
    return SyntaxViolation(start, end, Violation(rule, message, label=label, help=help), related, local)


class EndOfParse(Exception):
    """Ends parsing when the text exceeds a limit, or after too many faults."""


class SyntaxViolations(list[SyntaxViolation]):
    """The faults of one text, up to a maximum number."""

    def append(self, fault: SyntaxViolation) -> None:
        super().append(fault)
        if len(self) >= 200:
            raise EndOfParse

    def add(
        self,
        start: int,
        end: int,
        message: str,
        label: str | None = None,
        help: str | None = None,
        local: bool = False,
    ) -> None:
        """Appends a syntax error."""
        self.append(syntax_violation(start, end, message, label=label, help=help, local=local))


def too_deep(start: int, limit: int) -> SyntaxViolation:
    """The fault for a bracket or key that opens one level too many."""
    return syntax_violation(
        start,
        start + 1,
        f"the file is nested deeper than {limit} levels",
        label=f"level {limit + 1}",
        rule="over-limit",
    )


def duplicate(
    start: int, end: int, message: str, first: tuple[int, int] | None, help: str | None = None
) -> SyntaxViolation:
    """The fault for a key or table that occurs twice."""
    related = ((*first, "first defined here"),) if first else ()
    return syntax_violation(start, end, message, label="duplicate", help=help, rule="duplicate-key", related=related)


def long_number(start: int, end: int) -> SyntaxViolation:
    """The fault for an integer with thousands of digits."""
    return syntax_violation(start, end, f"integers must fit in 64 bits, got {end - start} digits", rule="over-limit")


def excerpt(text: str, limit: int = 40) -> str:
    """A part of the document for a message, shortened and on one line."""
    text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[:limit])
    return text if len(text) < limit else text[: limit - 1] + "…"


Range = tuple[int, int]
"""A start and an end offset in the text."""

Offsets = tuple[int, int, int, int]
"""The offsets of a value's start and end, then of its key's start and end (-1 where it has no key)."""

Key = tuple[str, int, int]
"""One part of a dotted key: its text, and its offsets including quotes."""

NodeKind = Literal["table", "implicit", "dotted", "tables", "inline", "array", "scalar", "missing"]
"""How a value is written.

`table` is a TOML header, `implicit` a table implied by nested headers, `dotted` by dotted keys, `tables` a list of `[[
]]` headers, `inline` an inline table, `array` a list, `scalar` a single token; `missing` is a key without a value.
"""

_MAX_FAULTS = 20
"""The maximum number of faults that are reported."""


@dataclass(slots=True, eq=False, repr=False)
class SyntaxNode:
    """A value in the syntax tree.

    Attributes:
        kind: How it is written.
        start: The offset where it starts, for a table with a header that of the header.
        end: The offset where it ends.
        key_start: The offset of its key; -1 if it has none.
        key_end: The end offset of its key; -1 if it has none.
        children: Its entries by key or index, in text order; None for a scalar.
        passes: The offsets of its key in longer dotted keys and headers of TOML.
        pairs: For an inline table in TOML: the keys and the end offset of each pair.
    """

    kind: NodeKind
    start: int
    end: int
    key_start: int = -1
    key_end: int = -1
    children: dict[str | int, SyntaxNode] | None = None
    passes: list[Range] | None = None
    pairs: list[tuple[list[Key], int]] | None = None

    def __repr__(self) -> str:
        return f"SyntaxNode({self.kind!r}, {self.start}, {self.end})"

    @property
    def offsets(self) -> Offsets:
        """The offsets of the value and of its key."""
        return self.start, self.end, self.key_start, self.key_end

    def put(
        self, key: str | int, kind: NodeKind, start: int, end: int, key_start: int = -1, key_end: int = -1
    ) -> SyntaxNode:
        """Adds an entry, or updates the offsets of an existing one."""
        if self.children is None:
            self.children = {}
        node = self.children.get(key)
        if node is None:
            node = self.children[key] = SyntaxNode(kind, start, end, key_start, key_end)
        else:
            node.kind, node.start, node.end, node.key_start, node.key_end = kind, start, end, key_start, key_end
        if node.children is None and kind != "scalar" and kind != "missing":
            node.children = {}
        return node

    def key_ranges(self) -> list[Range]:
        """All occurrences of its key, in text order; a list of tables has one per table."""
        ranges = {(self.key_start, self.key_end), *(self.passes or ())}
        if self.kind == "tables" and self.children:
            ranges.update((item.key_start, item.key_end) for item in self.children.values())
        return sorted(ranges)


class Statement(NamedTuple):
    """A TOML header, or a key with its value.

    Attributes:
        path: The table that a header begins, or where the value is.
        base: The path of the containing table; `()` for a header.
        keys: The parts of its key.
        start: The offset where it starts.
        end: The offset where it ends, without a trailing comment.
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
        """The end offset of the part of its key for a path; None if the path is not part of the key."""
        names = [key for key in path[len(self.base) :] if isinstance(key, str)]
        if not names or not isinstance(path[-1], str) or self.path[: len(path)] != path:
            return None
        return self.keys[len(names) - 1][2]


class Spans(Mapping[Path, Offsets]):
    """A lazy mapping from paths to the offsets of their values."""

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
        root: The root table.
        statements: The TOML headers and the pairs on their own lines, in text order.
        comments: The offsets of all comments, in text order; in JSON, comments are invalid.
        faults: The syntax errors in the order of detection; later ones are often consequences of the first.
        complete: Whether the text was parsed to its end; if not, the last fault is the exceeded limit.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.root = SyntaxNode("table", 0, 0, children={})
        self.statements: list[Statement] = []
        self.comments: list[Range] = []
        self.faults: list[SyntaxViolation] = []
        self.complete = True

    @property
    def certain_faults(self) -> list[SyntaxViolation]:
        """The faults that are not consequences of others: those up to the first one that is not local."""
        faults: list[SyntaxViolation] = []
        for fault in self.faults[:_MAX_FAULTS]:
            if fault.rule == "duplicate-key":
                continue
            faults.append(fault)
            if not fault.local:
                break
        return faults

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

    def existing(self, path: Path) -> SyntaxNode:
        """The value at a path, which exists."""
        node = self.find(path)
        assert node is not None
        return node

    def nearest(self, path: Path) -> tuple[SyntaxNode, int]:
        """The innermost existing value on a path, and the length of the prefix that leads to it."""
        node = self.root
        for length, key in enumerate(path):
            inner = node.children.get(key) if node.children is not None else None
            if inner is None:
                return node, length
            node = inner
        return node, len(path)

    def nodes(self) -> Iterator[SyntaxNode]:
        """All values, in depth-first order."""
        pending = [self.root]
        while pending:
            node = pending.pop()
            yield node
            if node.children:
                pending += reversed(node.children.values())

    def walk(self) -> Iterator[tuple[Path, SyntaxNode]]:
        """All values with their paths, in depth-first order."""
        pending: list[tuple[Path, SyntaxNode]] = [((), self.root)]
        while pending:
            path, node = pending.pop()
            yield path, node
            if node.children:
                pending += [((*path, key), inner) for key, inner in reversed(node.children.items())]

    def pairs(self, path: Path) -> list[Statement]:
        """The key-value pairs of an inline table in TOML; empty for other values."""
        node = self.find(path)
        return [] if node is None else _pairs(path, node)

    def all_statements(self) -> Iterator[Statement]:
        """All statements, then the pairs of all inline tables."""
        yield from self.statements
        for path, node in self.walk():
            yield from _pairs(path, node)

    def trivia(self, start: int, end: int) -> Iterator[str]:
        """The TOML comments and line breaks between two offsets without values.

        The line break after a comment is omitted.
        """
        for match in _TRIVIA.finditer(self.text, start, end):
            yield match.group().rstrip() or "\n"


_TRIVIA = re.compile(r"#[^\n]*\n?|\n")


def _pairs(path: Path, node: SyntaxNode) -> list[Statement]:
    return [
        Statement((*path, *(key for key, _, _ in keys)), path, keys, keys[0][1], end, False)
        for keys, end in node.pairs or ()
    ]
