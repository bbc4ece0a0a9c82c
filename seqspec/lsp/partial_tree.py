"""The values of a text that is being typed: what can be read of it, from its syntax tree."""

from __future__ import annotations

import json
import tomllib
from typing import Any

from seqspec.syntax.document import Document
from seqspec.syntax.tree import SyntaxNode, SyntaxTree


def tree(document: Document) -> dict[str, Any]:
    """The tables and values of a document, as far as they can be reported where its text has mistakes."""
    if document.readable or document.text is None:
        return dict(document.tree)
    syntax = document.syntax()
    found = _value(syntax.root, syntax)
    return found if isinstance(found, dict) else {}


def _value(node: SyntaxNode, syntax: SyntaxTree) -> object:
    if not node.children:
        return _leaf(syntax.text[node.start : node.end], syntax.format)
    indices = sorted(key for key in node.children if isinstance(key, int))
    if indices:
        return [_value(node.children[index], syntax) for index in indices]
    return {key: _value(inner, syntax) for key, inner in node.children.items()}


def _leaf(text: str, format: str) -> object:
    """A value by itself; what cannot be read is the text without its quote, None if absent."""
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
