"""Formats values for insertion into a text: on one line, in the style of the text."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seqspec.core.diagnostics.tree_fix import TreeEdit
from seqspec.core.diagnostics.violation import Path
from seqspec.core.syntax.edit.brackets import Entries
from seqspec.core.syntax.edit.pieces import TextEdit
from seqspec.core.syntax.edit.trees import MISSING, CannotEdit, at_path
from seqspec.core.syntax.formatter.nodes import UnrepresentableValue
from seqspec.core.syntax.tree import SyntaxTree


class RawLiteral:
    """A value whose text is written verbatim."""

    def __init__(self, text: str) -> None:
        self.text = text


class Style:
    """How a text writes values on one line.

    Args:
        key: Returns a key, with quotes if necessary.
        literal: Returns the literal of a scalar.
        separator: The text between a key and its value.
        comma: The text between two entries.
        padded: Whether there are spaces inside `{ }`.
    """

    def __init__(
        self,
        key: Callable[[str], str],
        literal: Callable[[object], str],
        separator: str,
        comma: str,
        *,
        padded: bool,
    ) -> None:
        self.padded = padded
        self._key = key
        self._literal = literal
        self._separator = separator
        self._comma = comma

    def key(self, key: str) -> str:
        """A key."""
        if any("\ud800" <= c <= "\udfff" for c in key):
            raise CannotEdit("a key with a lone surrogate")
        return self._key(key)

    def pair(self, key: str, value: object) -> str:
        """A key and its value."""
        return f"{self.key(key)}{self._separator}{self.value(value)}"

    def value(self, value: object) -> str:
        """A value."""
        if isinstance(value, RawLiteral):
            return value.text
        if isinstance(value, Mapping):
            pad = " " if self.padded else ""
            inner = self._comma.join(self.pair(key, item) for key, item in value.items())
            return f"{{{pad}{inner}{pad}}}" if inner else "{}"
        if isinstance(value, (list, tuple)):
            return f"[{self._comma.join(map(self.value, value))}]"
        try:
            return self._literal(value)
        except UnrepresentableValue as error:
            raise CannotEdit(f"{error} cannot be represented") from None

    def in_place_of(self, old: str, value: object) -> str:
        """The literal of a value that replaces another literal, whose quotes it keeps."""
        quoted = old[:1] == "'" and old[:3] != "'''"
        if quoted and isinstance(value, str) and "'" not in value and value.isprintable():
            return f"'{value}'"
        return self.value(value)


class JsonEditor:
    """The edits of a JSON text."""

    def __init__(self, syntax: SyntaxTree, tree: object, style: Style) -> None:
        self._syntax = syntax
        self._text = syntax.text
        self._tree = tree
        self.style = style

    def replacements(self, change: TreeEdit) -> list[TextEdit]:
        """The edits that make a change of the tree."""
        action, path, value = change
        if action == "rename":
            node = self._syntax.existing(path)
            return [TextEdit(node.key_start, node.key_end, self.style.key(value))]
        if action == "set" and at_path(self._tree, path) is not MISSING:
            node = self._syntax.existing(path)
            return [TextEdit(node.start, node.end, self.style.value(value))]
        around, inner = self.entries(path[:-1])
        if action == "remove":
            return around.remove(inner.index(path))
        if action == "insert":
            assert isinstance(path[-1], int)
            return around.insert(path[-1], self.style.value(value))
        return around.insert(len(inner), self.style.pair(str(path[-1]), value))

    def entries(self, holder: Path) -> tuple[Entries, list[Path]]:
        """The entries of a table or list, and their paths."""
        around = at_path(self._tree, holder)
        inner = [(*holder, name) for name in (around if isinstance(around, dict) else range(len(around)))]
        nodes = [self._syntax.existing(path) for path in inner]
        spans = [(node.start if node.key_start < 0 else node.key_start, node.end) for node in nodes]
        padded = self.style.padded and isinstance(around, dict)
        node = self._syntax.existing(holder)
        return Entries(self._text, node.start, node.end, spans, padded=padded), inner
