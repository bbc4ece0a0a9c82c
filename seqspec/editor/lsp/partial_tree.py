"""The values of an incomplete text, from its syntax tree."""

from __future__ import annotations

import json
import tomllib
from typing import Any

from seqspec.core.syntax.document import Document
from seqspec.core.syntax.tree import SyntaxNode, SyntaxTree


def tree(document: Document) -> dict[str, Any]:
    """The tables and values of a document, as far as they can be parsed."""
    if document.readable or document.text is None:
        return dict(document.tree)
    syntax = document.syntax()
    value = _value(syntax.root, syntax)
    return value if isinstance(value, dict) else {}


def _value(node: SyntaxNode, syntax: SyntaxTree) -> object:
    if not node.children:
        return _leaf(syntax.text[node.start : node.end], syntax.format)
    indices = sorted(key for key in node.children if isinstance(key, int))
    if indices:
        return [_value(node.children[index], syntax) for index in indices]
    return {key: _value(inner, syntax) for key, inner in node.children.items()}


def _leaf(text: str, format: str) -> object:
    """A scalar; for an invalid one its text without quotes, None for a missing one."""
    text = text.strip()
    if not text:
        return None
    try:
        return json.loads(text) if format == "json" else tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        pass
    if text[0] == "{":
        return {}
    if text[0] == "[":
        return {} if format == "toml" and text.endswith("]") and text[1:2].isalpha() else []
    return text.strip("\"'")
