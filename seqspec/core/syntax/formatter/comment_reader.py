"""Converts a syntax tree of a valid text to a `CommentedTree`."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from seqspec.core.syntax.formatter.nodes import ArrayNode, CommentedTree, Entry, Node, Scalar, TableNode
from seqspec.core.syntax.tree import Key, Statement, SyntaxNode, SyntaxTree

ValueOf = Callable[[str], object]
"""Returns the value of a literal."""


def read_json(tree: SyntaxTree, value_of: ValueOf) -> CommentedTree:
    """The values of a valid JSON text."""
    root = _JsonReader(tree, value_of).node(tree.root)
    assert isinstance(root, TableNode)
    return CommentedTree(root)


def read_toml(tree: SyntaxTree, value_of: ValueOf) -> CommentedTree:
    """The values of a valid TOML text with their comments."""
    return _TomlReader(tree, value_of).document()


class _JsonReader:
    """Reads JSON, which has no comments and no significant empty lines."""

    def __init__(self, tree: SyntaxTree, value_of: ValueOf) -> None:
        self.tree = tree
        self.value_of = value_of

    def node(self, node: SyntaxNode) -> Node:
        if node.kind == "array":
            return self.array(node)
        if node.kind == "scalar":
            return self.scalar(self.tree.text[node.start : node.end])
        return TableNode({str(key): Entry(self.node(inner)) for key, inner in (node.children or {}).items()})

    def scalar(self, token: str) -> Scalar:
        token = token.replace("\r\n", "\n")
        return Scalar(self.value_of(token), token)

    def array(self, node: SyntaxNode) -> ArrayNode:
        return ArrayNode([Entry(self.node(item)) for item in (node.children or {}).values()])


class _TomlReader(_JsonReader):
    """Reads the statements of TOML in order."""

    def __init__(self, tree: SyntaxTree, value_of: ValueOf) -> None:
        super().__init__(tree, value_of)
        self.commented = CommentedTree(TableNode())
        # The current table, and the comments and empty lines since the last statement.
        self.base = self.commented.root
        self.pending: list[str] = []
        self.begun = False

    def document(self) -> CommentedTree:
        entry: Entry | None = None
        offset = 0
        for statement in self.tree.statements:
            self.gap(self.tree.trivia(offset, statement.start), entry)
            entry = self.header(statement) if statement.header else self.pair(statement)
            offset = statement.end
        self.gap(self.tree.trivia(offset, len(self.tree.text)), entry)
        self.end()
        return self.commented

    def gap(self, trivia: Iterable[str], entry: Entry | None) -> None:
        """Assigns the comments and line breaks after an entry; the first comment may be on its line."""
        for token in trivia:
            if entry is not None:
                entry.trailing = token if token != "\n" else None
                entry = None
            elif token != "\n":
                self.pending.append(token)
            elif self.pending[-1:] != [""]:
                self.pending.append("")

    def pair(self, statement: Statement) -> Entry:
        """A key and its value."""
        lead, blank = self.above_key()
        entry = Entry(self.node(self.tree.existing(statement.path)), lead, None, blank)
        _table_at(self.base, statement.keys[:-1]).entries[statement.keys[-1][0]] = entry
        return entry

    def above_key(self) -> tuple[list[str], bool]:
        above, self.pending = self.pending, []
        if not self.begun:
            self.begun = True
            self.commented.preamble, self.commented.preamble_apart = _trimmed(above), above[-1:] == [""]
            return [], False
        blank = above[:1] == [""]
        return above[blank:], blank

    def header(self, statement: Statement) -> Entry:
        lead = self.above_header()
        *around, (key, _, _) = statement.keys
        holder = _table_at(self.commented.root, around)
        entry = holder.entries.get(key)
        if isinstance(statement.path[-1], int):
            if entry is None:
                entry = holder.entries[key] = Entry(ArrayNode())
            assert isinstance(entry.node, ArrayNode)
            entry.node.items.append(Entry(TableNode()))
            entry = entry.node.items[-1]
        elif entry is None:
            entry = holder.entries[key] = Entry(TableNode())
        entry.leading = lead
        assert isinstance(entry.node, TableNode)
        self.base = entry.node
        return entry

    def above_header(self) -> list[str]:
        """The comments of a header; those directly below the previous statement belong to the table before it."""
        above, self.pending = self.pending, []
        if not self.begun:
            self.begun = True
            cut = max((index + 1 for index, line in enumerate(above) if not line), default=0)
            self.commented.preamble = _trimmed(above[:cut])
            return above[cut:]
        if above and above[0] and "" in above:
            cut = above.index("")
            self.base.dangling, above = above[:cut], above[cut:]
        return above[1:] if above[:1] == [""] else above

    def end(self) -> None:
        above = self.pending
        if not self.begun:
            self.commented.preamble = _trimmed(above)
            return
        if above and above[0]:
            cut = above.index("") if "" in above else len(above)
            self.base.dangling, above = above[:cut], above[cut:]
        self.commented.epilogue = _trimmed(above)

    def array(self, node: SyntaxNode) -> ArrayNode:
        array = ArrayNode()
        offset = node.start + 1
        above: list[str] = []
        # Whether the line of the bracket or last item continues.
        same_line = True
        for item in [*(node.children or {}).values(), None]:
            for token in self.tree.trivia(offset, node.end if item is None else item.start):
                if token == "\n":
                    if not same_line and above[-1:] != [""]:
                        above.append("")
                elif not same_line:
                    above.append(token)
                elif array.items:
                    array.items[-1].trailing = token
                else:
                    array.opening = token
                same_line = False
            if item is not None:
                blank = above[:1] == [""]
                array.items.append(Entry(self.node(item), above[blank:], None, blank))
                offset, above, same_line = item.end, [], True
        array.dangling = _trimmed(above)
        return array


def _table_at(table: TableNode, keys: Iterable[Key]) -> TableNode:
    """The nested table at a dotted key, created if necessary."""
    for key, _, _ in keys:
        entry = table.entries.get(key)
        if entry is None:
            entry = table.entries[key] = Entry(TableNode())
        node = entry.node
        if isinstance(node, ArrayNode):
            node = node.items[-1].node
        assert isinstance(node, TableNode)
        table = node
    return table


def _trimmed(lines: list[str]) -> list[str]:
    """The lines without empty ones at either end."""
    start, end = 0, len(lines)
    while start < end and not lines[start]:
        start += 1
    while end > start and not lines[end - 1]:
        end -= 1
    return lines[start:end]
