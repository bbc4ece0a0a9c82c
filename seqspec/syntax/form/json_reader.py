"""JSON to a `Form`; it has no comments, and its empty lines say nothing."""

from __future__ import annotations

from typing import Any

from seqspec.syntax.form.nodes import Array, Entry, Form, Node, Scalar, Table
from seqspec.syntax.scan import Path, Places


def read_json(text: str, tree: dict[str, Any], places: Places) -> Form:
    """The form of a valid JSON text, whose tree and places are known."""

    def node(value: Any, path: Path) -> Node:
        if isinstance(value, dict):
            return Table({key: Entry(node(item, (*path, key))) for key, item in value.items()})
        if isinstance(value, list):
            return Array([Entry(node(item, (*path, index))) for index, item in enumerate(value)])
        start, end, _, _ = places[path]
        return Scalar(value, text[start:end])

    root = node(tree, ())
    assert isinstance(root, Table)
    return Form(root)
