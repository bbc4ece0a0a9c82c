"""The values of an incomplete text, from its syntax tree."""

from __future__ import annotations

from typing import Any

from seqspec.core.syntax.document import Document
from seqspec.core.syntax.syntax import Syntax
from seqspec.core.syntax.tree import SyntaxNode


def tree(document: Document) -> dict[str, Any]:
    """The tables and values of a document, as far as they can be parsed."""
    if document.readable or document.text is None:
        return dict(document.tree)
    value = _value(document.syntax_tree().root, document.text, document.syntax)
    return value if isinstance(value, dict) else {}


def _value(node: SyntaxNode, text: str, syntax: Syntax) -> object:
    if not node.children:
        return _leaf(text[node.start : node.end], syntax)
    indices = sorted(key for key in node.children if isinstance(key, int))
    if indices:
        return [_value(node.children[index], text, syntax) for index in indices]
    return {key: _value(inner, text, syntax) for key, inner in node.children.items()}


def _leaf(text: str, syntax: Syntax) -> object:
    """A scalar; for an invalid one its text without quotes, None for a missing one."""
    text = text.strip()
    if not text:
        return None
    try:
        return syntax.value(text)
    except (ValueError, RecursionError):
        pass
    if text[0] == "{":
        return {}
    if text[0] == "[":
        return {} if syntax.has_headers and text.endswith("]") and text[1:2].isalpha() else []
    return text.strip("\"'")
