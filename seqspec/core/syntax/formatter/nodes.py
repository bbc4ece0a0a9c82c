"""Commented trees: tables, lists and the literals of scalars, with their comments.

A comment is `leading` above its entry, `trailing` on the same line, `opening` after the opening bracket of a list, or
`dangling` at the end of a list or table. An empty line in `leading` and `dangling` separates groups.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Scalar:
    """A string, number, boolean, date or null: its value and literal."""

    value: object
    literal: str


@dataclass(slots=True)
class ArrayNode:
    """A list."""

    items: list[Entry] = field(default_factory=list)
    opening: str | None = None
    dangling: list[str] = field(default_factory=list)


@dataclass(slots=True)
class TableNode:
    """A table; its entries are in the order as written, which has a meaning if it is `ordered`.

    The entries of one that is `dotted` belong to the table above, with dotted keys in TOML.
    """

    entries: dict[str, Entry] = field(default_factory=dict)
    dangling: list[str] = field(default_factory=list)
    ordered: bool = False
    dotted: bool = False


Node = Scalar | ArrayNode | TableNode


@dataclass(slots=True)
class Entry:
    """A value with its comments; `blank` is whether an empty line precedes it."""

    node: Node
    leading: list[str] = field(default_factory=list)
    trailing: str | None = None
    blank: bool = False


@dataclass(slots=True)
class CommentedTree:
    """A whole document.

    `preamble` are the comments at its beginning, `epilogue` those at its end; `preamble_apart` is whether an empty line
    follows the preamble.
    """

    root: TableNode
    preamble: list[str] = field(default_factory=list)
    epilogue: list[str] = field(default_factory=list)
    preamble_apart: bool = False


def is_stack(key: str, node: Node) -> bool:
    """Whether this is a list of layers, which has a line for each."""
    return key == "layers" and isinstance(node, ArrayNode) and bool(node.items)


def to_plain(node: Node) -> object:
    """The value of a node without comments and literals."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, ArrayNode):
        return [to_plain(entry.node) for entry in node.items]
    return {key: to_plain(entry.node) for key, entry in node.entries.items()}


def equal_trees(a: object, b: object) -> bool:
    """Whether two trees have equal values of equal types; the order of keys is ignored, and NaN equals itself."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal_trees(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(equal_trees, a, b))
    return type(a) is type(b) and (a == b or (a != a and b != b))


def comments(commented: CommentedTree) -> list[str]:
    """Every comment of a document."""
    result = [*commented.preamble, *commented.epilogue]
    pending: list[Node] = [commented.root]
    while pending:
        node = pending.pop()
        if isinstance(node, Scalar):
            continue
        result += node.dangling
        if isinstance(node, ArrayNode) and node.opening:
            result.append(node.opening)
        for entry in node.items if isinstance(node, ArrayNode) else node.entries.values():
            result += [*entry.leading, *([entry.trailing] if entry.trailing else [])]
            pending.append(entry.node)
    return [comment for comment in result if comment]
