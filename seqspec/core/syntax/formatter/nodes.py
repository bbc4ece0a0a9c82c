"""Commented trees: tables, lists and the literals of scalars, with their comments."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from seqspec.core.diagnostics.message import quoted


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


WIDTH = 120

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


class UnrepresentableValue(ValueError):
    """A value cannot be written in a format."""


def toml_literal(value: object, literal: str) -> str:
    """The literal of a value in a TOML document: as written, but with double quotes unless these require escapes."""
    if isinstance(value, str) and literal[:3] not in ('"""', "'''"):
        plain = f'"{value}"'
        return plain if quoted(value) == plain else literal
    return literal


def toml_literal_of(value: Any, literal: str = "") -> str:
    """The TOML literal of a value from another format; a JSON number keeps its `literal`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return '"none"'
    if isinstance(value, str):
        if any("\ud800" <= c <= "\udfff" for c in value):
            raise UnrepresentableValue("a lone surrogate")
        return quoted(value)
    return literal or (str(value) if isinstance(value, int) else _float(value))


def _float(value: float) -> str:
    text = repr(float(value))
    return text if "." in text or "e" in text or not text.lstrip("-").isdecimal() else f"{text}.0"


def json_literal_of(value: object, literal: str = "") -> str:
    """The JSON literal of a value from another format; a TOML number keeps its `literal` if it is valid in JSON."""
    if isinstance(value, (bool, str)) or value is None:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (int, float)):
        if _JSON_NUMBER.fullmatch(literal) and type(json.loads(literal)) is type(value):
            return literal
        if value != value or value in (float("inf"), float("-inf")):
            raise UnrepresentableValue(f"the number {value}")
        return json.dumps(value)
    raise UnrepresentableValue(f"the date or time {value}")
