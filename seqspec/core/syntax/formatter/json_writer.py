"""A `CommentedTree` as JSON, without its comments.

The indentation is two spaces; layers, lists of scalars and tables without tables are on one line if they fit.
"""

from __future__ import annotations

import json

from seqspec.core.syntax.formatter.literals import WIDTH
from seqspec.core.syntax.formatter.nodes import ArrayNode, CommentedTree, Node, Scalar, TableNode, is_stack


def write_json(commented: CommentedTree) -> str:
    """The text of a document; its comments are left out."""
    return _value(commented.root, "", 0, False) + "\n"


def _value(node: Node, indent: str, column: int, entry: bool) -> str:
    """A value that starts at a column; `entry` is whether it is in a list."""
    if isinstance(node, Scalar):
        return node.literal
    flat = _flat(node)
    fits = column + len(flat) + 1 <= WIDTH
    inner = indent + "  "
    if isinstance(node, TableNode):
        if not node.entries or (indent and fits and (entry or not _has_tables(node))):
            return flat
        lines = []
        for key, item in node.entries.items():
            start = f"{inner}{_key(key)}: "
            opened = is_stack(key, item.node)
            text = _broken(item.node, inner) if opened else _value(item.node, inner, len(start), False)
            lines.append(start + text)
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    return flat if fits or not node.items else _broken(node, indent)


def _broken(node: Node, indent: str) -> str:
    assert isinstance(node, ArrayNode)
    inner = indent + "  "
    lines = [inner + _value(entry.node, inner, len(inner), True) for entry in node.items]
    return "[\n" + ",\n".join(lines) + f"\n{indent}]"


def _has_tables(table: TableNode) -> bool:
    return any(
        isinstance(entry.node, TableNode)
        or (isinstance(entry.node, ArrayNode) and any(not isinstance(item.node, Scalar) for item in entry.node.items))
        or is_stack(key, entry.node)
        for key, entry in table.entries.items()
    )


def _flat(node: Node) -> str:
    if isinstance(node, Scalar):
        return node.literal
    if isinstance(node, ArrayNode):
        return f"[{', '.join(_flat(entry.node) for entry in node.items)}]"
    inner = ", ".join(f"{_key(key)}: {_flat(entry.node)}" for key, entry in node.entries.items())
    return f"{{ {inner} }}" if inner else "{}"


def _key(key: str) -> str:
    return json.dumps(key, ensure_ascii=any("\ud800" <= c <= "\udfff" for c in key))
