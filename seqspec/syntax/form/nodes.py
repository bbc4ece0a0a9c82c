"""A document as its author wrote it: tables, lists and the words of single values, each with its comments.

A comment belongs to the entry that it stands above (`lead`) or behind (`trail`), to the opening bracket of a list
(`opening`), or to the end of a list or table (`tail`). In `lead` and `tail` an empty line keeps groups apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Scalar:
    """A string, number, boolean, date or null: its value, and the word that stands for it in the text."""

    value: Any
    word: str


@dataclass(slots=True)
class Array:
    """A list."""

    items: list[Entry] = field(default_factory=list)
    opening: str | None = None
    tail: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """A table; the order of its entries is the author's."""

    entries: dict[str, Entry] = field(default_factory=dict)
    tail: list[str] = field(default_factory=list)


Node = Scalar | Array | Table


@dataclass(slots=True)
class Entry:
    """A value with what is written around it; `blank` says whether an empty line stands before it."""

    node: Node
    lead: list[str] = field(default_factory=list)
    trail: str | None = None
    blank: bool = False


@dataclass(slots=True)
class Form:
    """A whole document.

    `preamble` are the comments at its very beginning, `epilogue` those at its end; `apart` says whether an empty line
    follows the preamble.
    """

    root: Table
    preamble: list[str] = field(default_factory=list)
    epilogue: list[str] = field(default_factory=list)
    apart: bool = False


def plain(node: Node) -> Any:
    """The value of a node without anything that is only form."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Array):
        return [plain(entry.node) for entry in node.items]
    return {key: plain(entry.node) for key, entry in node.entries.items()}


def same(a: Any, b: Any) -> bool:
    """Whether two trees are equal in every value and type, whatever the order of keys; NaN equals itself."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and (a == b or (a != a and b != b))


def comments(form: Form) -> list[str]:
    """Every comment of a document."""
    found = [*form.preamble, *form.epilogue]
    pending: list[Node] = [form.root]
    while pending:
        node = pending.pop()
        if isinstance(node, Scalar):
            continue
        found += node.tail
        if isinstance(node, Array) and node.opening:
            found.append(node.opening)
        for entry in node.items if isinstance(node, Array) else node.entries.values():
            found += [*entry.lead, *([entry.trail] if entry.trail else [])]
            pending.append(entry.node)
    return [comment for comment in found if comment]
