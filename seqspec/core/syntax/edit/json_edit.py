"""One change of a JSON text."""

from __future__ import annotations

from seqspec.core.diagnostics.tree_fix import TreeEdit
from seqspec.core.diagnostics.violation import Path
from seqspec.core.syntax.edit.brackets import BracketEntries
from seqspec.core.syntax.edit.pieces import TextEdit
from seqspec.core.syntax.edit.style import Style
from seqspec.core.syntax.edit.trees import MISSING, at_path
from seqspec.core.syntax.tree import SyntaxTree


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

    def entries(self, holder: Path) -> tuple[BracketEntries, list[Path]]:
        """The entries of a table or list, and their paths."""
        around = at_path(self._tree, holder)
        inner = [(*holder, name) for name in (around if isinstance(around, dict) else range(len(around)))]
        nodes = [self._syntax.existing(path) for path in inner]
        spans = [(node.start if node.key_start < 0 else node.key_start, node.end) for node in nodes]
        padded = self.style.padded and isinstance(around, dict)
        node = self._syntax.existing(holder)
        return BracketEntries(self._text, node.start, node.end, spans, padded=padded), inner
