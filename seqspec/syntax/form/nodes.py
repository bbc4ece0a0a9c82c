"""A document as its author wrote it: tables, lists and the literals of single values, each with its comments.

A comment is `leading` above its entry, `trailing` on the same line, `opening` after the bracket that opens a list, or
`dangling` at the end of a list or table, with no entry below it. An empty line in `leading` and `dangling` separates
groups.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Scalar:
    """A string, number, boolean, date or null: its value, and how it is written."""

    value: Any
    literal: str


@dataclass(slots=True)
class Array:
    """A list."""

    items: list[Entry] = field(default_factory=list)
    opening: str | None = None
    dangling: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """A table; the order of its entries is the author's."""

    entries: dict[str, Entry] = field(default_factory=dict)
    dangling: list[str] = field(default_factory=list)


Node = Scalar | Array | Table


@dataclass(slots=True)
class Entry:
    """A value with its comments; `blank` says whether an empty line precedes it."""

    node: Node
    leading: list[str] = field(default_factory=list)
    trailing: str | None = None
    blank: bool = False


@dataclass(slots=True)
class CommentedTree:
    """A whole document.

    `preamble` are the comments at its beginning, `epilogue` those at its end; `preamble_apart` says whether an empty
    line follows the preamble.
    """

    root: Table
    preamble: list[str] = field(default_factory=list)
    epilogue: list[str] = field(default_factory=list)
    preamble_apart: bool = False


def plain(node: Node) -> Any:
    """The value of a node without comments and literals."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Array):
        return [plain(entry.node) for entry in node.items]
    return {key: plain(entry.node) for key, entry in node.entries.items()}


def same(a: object, b: object) -> bool:
    """Whether two trees are equal in every value and type, whatever the order of keys; NaN equals itself."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and (a == b or (a != a and b != b))


def comments(commented: CommentedTree) -> list[str]:
    """Every comment of a document."""
    found = [*commented.preamble, *commented.epilogue]
    pending: list[Node] = [commented.root]
    while pending:
        node = pending.pop()
        if isinstance(node, Scalar):
            continue
        found += node.dangling
        if isinstance(node, Array) and node.opening:
            found.append(node.opening)
        for entry in node.items if isinstance(node, Array) else node.entries.values():
            found += [*entry.leading, *([entry.trailing] if entry.trailing else [])]
            pending.append(entry.node)
    return [comment for comment in found if comment]
