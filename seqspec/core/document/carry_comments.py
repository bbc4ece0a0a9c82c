"""Carries comments and literals of a document over to a modified tree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from seqspec.core.syntax.document import Tree
from seqspec.core.syntax.formatter.nodes import (
    ArrayNode,
    CommentedTree,
    Entry,
    Node,
    Scalar,
    TableNode,
    equal_trees,
    to_plain,
)

LiteralOf = Callable[[object], str]


def carry_comments(commented: CommentedTree, before: object, after: object, literal_of: LiteralOf) -> CommentedTree:
    """A commented tree of the values `after`, with all comments of `commented`, which holds the values `before`.

    A table or list of `before` that moved in `after` keeps its comments. Comments of a removed value move above the
    next entry, or to the end of the table.
    """
    carrier = _Carrier(literal_of)
    carrier.record_entries(Entry(commented.root), before)
    carrier.record_kept(after)
    root = carrier.node(after, commented.root)
    assert isinstance(root, TableNode)
    return CommentedTree(root, commented.preamble, commented.epilogue, commented.preamble_apart)


class _Carrier:
    def __init__(self, literal_of: LiteralOf) -> None:
        self.literal_of = literal_of
        self.homes: dict[int, tuple[Entry, object]] = {}
        self.claimed: set[int] = set()

    def record_entries(self, entry: Entry, value: object) -> None:
        """Records the entry of each table and list."""
        if isinstance(value, (dict, list)):
            self.homes[id(value)] = (entry, value)
            for key, inner in _inner(entry.node).items():
                self.record_entries(inner, value[key])

    def record_kept(self, value: object) -> None:
        """Records the entries that the new tree still has."""
        if isinstance(value, (dict, list)):
            if id(value) in self.homes:
                self.claimed.add(id(self.homes[id(value)][0]))
            for item in value.values() if isinstance(value, dict) else value:
                self.record_kept(item)

    def node(self, value: object, old: Node | None) -> Node:
        if isinstance(value, dict):
            return self.table(value, old if isinstance(old, TableNode) else None)
        if isinstance(value, list):
            return self.array(value, old if isinstance(old, ArrayNode) else None)
        if isinstance(old, Scalar) and equal_trees(old.value, value):
            return old
        return Scalar(value, self.literal_of(value))

    def entry(self, value: object, old: Entry | None) -> Entry:
        if isinstance(value, (dict, list)) and id(value) in self.homes:
            old = self.homes[id(value)][0]
        if old is None:
            return Entry(self.node(value, None))
        return Entry(self.node(value, old.node), old.leading, old.trailing, old.blank)

    def table(self, value: Tree, old: TableNode | None) -> TableNode:
        olds = old.entries if old is not None else {}
        gone = {key: entry for key, entry in olds.items() if key not in value and id(entry) not in self.claimed}
        table = TableNode()
        for key, item in value.items():
            entry = olds.get(key)
            if entry is None and id(item) not in self.homes:
                former = _former_key(item, gone)
                entry = gone.pop(former) if former is not None else None
            table.entries[key] = self.entry(item, entry)
        table.dangling = list(old.dangling) if old is not None else []
        pending: list[str] = []
        for key, entry in olds.items():
            if key in table.entries:
                if pending:
                    table.entries[key].leading = [*pending, *table.entries[key].leading]
                    pending = []
            elif key in gone:
                pending += _left_behind(entry, self.claimed)
        table.dangling = [*pending, *table.dangling]
        return table

    def array(self, value: Sequence[object], old: ArrayNode | None) -> ArrayNode:
        if old is None:
            return ArrayNode([self.entry(item, None) for item in value])
        free = [entry for entry in old.items if id(entry) not in self.claimed]
        if len(value) == len(old.items) == len(free):
            return ArrayNode(
                [self.entry(item, entry) for item, entry in zip(value, free)], old.opening, list(old.dangling)
            )
        items = [self.entry(item, _take_equal(item, free)) for item in value]
        lost = [line for entry in free for line in _left_behind(entry, self.claimed)]
        return ArrayNode(items, old.opening, [*lost, *old.dangling])


def _former_key(value: object, gone: dict[str, Entry]) -> str | None:
    """The key that a value most likely had before: the only one with an equal value, or with a table of like keys."""
    if isinstance(value, dict):
        likeness = {
            key: len(entry.node.entries.keys() & value.keys())
            for key, entry in gone.items()
            if isinstance(entry.node, TableNode)
        }
        return max(likeness, key=lambda key: likeness[key]) if any(likeness.values()) else None
    equal = [key for key, entry in gone.items() if equal_trees(to_plain(entry.node), value)]
    return equal[0] if len(equal) == 1 else None


def _take_equal(value: object, free: list[Entry]) -> Entry | None:
    """Claims the first entry with this scalar."""
    for index, entry in enumerate(free):
        if isinstance(entry.node, Scalar) and equal_trees(entry.node.value, value):
            return free.pop(index)
    return None


def _inner(node: Node) -> dict[Any, Entry]:
    if isinstance(node, TableNode):
        return dict(node.entries)
    return dict(enumerate(node.items)) if isinstance(node, ArrayNode) else {}


def _left_behind(entry: Entry, claimed: set[int]) -> list[str]:
    """The comments of a removed entry, without the comments of parts that exist elsewhere."""
    lines = [*entry.leading, *([entry.trailing] if entry.trailing else [])]
    node = entry.node
    if isinstance(node, ArrayNode) and node.opening:
        lines.append(node.opening)
    for inner in _inner(node).values():
        if id(inner) not in claimed:
            lines += _left_behind(inner, claimed)
    if not isinstance(node, Scalar):
        lines += node.dangling
    return [line for line in lines if line]
