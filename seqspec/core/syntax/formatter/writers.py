"""A `CommentedTree` as TOML, and as JSON without its comments."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from seqspec.core.diagnostics.message import toml_key
from seqspec.core.syntax.formatter.nodes import (
    WIDTH,
    ArrayNode,
    CommentedTree,
    Entry,
    Node,
    Scalar,
    TableNode,
    is_stack,
    toml_literal,
)


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


Headed = Callable[[tuple[str, ...]], bool]
"""Returns whether the table at a path has a header whatever its length."""


def write_toml(commented: CommentedTree, headed: Headed) -> str:
    """The text of a document."""
    writer = _TomlWriter(headed)
    writer.lines += commented.preamble
    if commented.preamble and commented.preamble_apart:
        writer.lines.append("")
    writer.body(commented.root, ())
    if commented.epilogue:
        writer.lines += ["", *commented.epilogue] if writer.lines else commented.epilogue
    return "\n".join(writer.lines) + "\n"


class _TomlWriter:
    def __init__(self, headed: Headed) -> None:
        self.headed = headed
        self.lines: list[str] = []

    def body(self, table: TableNode, path: tuple[str, ...]) -> None:
        """Writes the entries of a table; those without a header come first, or they would belong to the last header."""
        later: list[tuple[str, Entry]] = []
        first = True
        headers = self.headers(table, path)
        for keys, entry in _dotted_entries(table):
            key = keys[-1]
            if len(keys) == 1 and key in headers:
                later.append((key, entry))
                continue
            if entry.blank and not first:
                self.lines.append("")
            self.lines += entry.leading
            text = _long_table(key, entry.node) if table.ordered else _statement(keys, entry.node)
            self.lines += _with_comment(text, entry.trailing).split("\n")
            first = False
        self.lines += table.dangling
        for key, entry in later:
            inner = (*path, key)
            if isinstance(entry.node, ArrayNode):
                for index, item in enumerate(entry.node.items):
                    self.headline(item, inner, "[[", "]]", [] if index else entry.leading)
                    assert isinstance(item.node, TableNode)
                    self.body(item.node, inner)
                continue
            assert isinstance(entry.node, TableNode)
            if self.needs_own_header(entry, inner):
                self.headline(entry, inner, "[", "]", [])
            self.body(entry.node, inner)

    def headline(self, entry: Entry, path: tuple[str, ...], opening: str, closing: str, above: list[str]) -> None:
        if self.lines and self.lines[-1]:
            self.lines.append("")
        header = f"{opening}{'.'.join(map(toml_key, path))}{closing}"
        self.lines += [*above, *entry.leading, _with_comment(header, entry.trailing)]

    def headers(self, table: TableNode, path: tuple[str, ...]) -> set[str]:
        """The keys of a table whose values have headers."""
        if table.ordered:
            return _headers_in_order(table)
        return {key for key, entry in table.entries.items() if self.has_header(entry, (*path, key))}

    def has_header(self, entry: Entry, path: tuple[str, ...]) -> bool:
        node = entry.node
        if isinstance(node, ArrayNode):
            free = not (entry.trailing or node.opening or node.dangling)
            return _all_tables(node) and (needs_headers(node) or (len(path) == 1 and free))
        if isinstance(node, Scalar) or node.dotted:
            return False
        if any(isinstance(inner.node, TableNode) and inner.node.dotted for inner in node.entries.values()):
            return True
        if len(path) == 1 or self.headed(path) or needs_headers(node):
            return True
        return bool(node.entries) and (
            len(f"{toml_key(path[-1])} = {_flat_toml(node)}") > WIDTH
            or "\n" in _flat_toml(node)
            or any(is_stack(key, entry.node) for key, entry in node.entries.items())
        )

    def needs_own_header(self, entry: Entry, path: tuple[str, ...]) -> bool:
        """Whether a header is written although nested headers imply the table."""
        table = entry.node
        assert isinstance(table, TableNode)
        if entry.leading or entry.trailing or table.dangling:
            return True
        return not table.entries or len(self.headers(table, path)) < len(table.entries)


def _dotted_entries(table: TableNode, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Entry]]:
    """The entries of a table, those of a dotted table in place of it, with their keys."""
    for key, entry in table.entries.items():
        if isinstance(entry.node, TableNode) and entry.node.dotted:
            yield from _dotted_entries(entry.node, (*above, key))
        else:
            yield (*above, key), entry


def _headers_in_order(table: TableNode) -> set[str]:
    """The last entries of a table, from the first one that contains comments; entries before them have no header."""
    entries = list(table.entries.items())
    start = next((i for i in range(len(entries), 0, -1) if not isinstance(entries[i - 1][1].node, TableNode)), 0)
    for _, entry in entries[:start]:
        if isinstance(entry.node, TableNode):
            # A table of dotted keys, before a key that cannot follow a header.
            _move_comments(entry.node, entry)
    rest = entries[start:]
    first = next((i for i, (_, entry) in enumerate(rest) if needs_headers(entry.node)), len(rest))
    return {key for key, _ in rest[first:]}


def _move_comments(table: TableNode, above: Entry) -> None:
    """Moves the comments of a table above the entry that holds it."""
    for entry in table.entries.values():
        above.leading += [*entry.leading, *([entry.trailing] if entry.trailing else [])]
        entry.leading, entry.trailing = [], None
        if isinstance(entry.node, TableNode):
            _move_comments(entry.node, above)
    above.leading += table.dangling
    table.dangling = []


def _all_tables(array: ArrayNode) -> bool:
    return bool(array.items) and all(isinstance(entry.node, TableNode) for entry in array.items)


def needs_headers(node: Node) -> bool:
    """Whether a table contains comments, which an inline table cannot."""
    if isinstance(node, TableNode):
        return bool(node.dangling) or any(
            entry.leading or entry.trailing or needs_headers(entry.node) for entry in node.entries.values()
        )
    return isinstance(node, ArrayNode) and any(
        isinstance(entry.node, TableNode) and needs_headers(entry.node) for entry in node.items
    )


def _has_comments(node: Node) -> bool:
    """Whether a list or a nested list contains comments."""
    if isinstance(node, ArrayNode):
        return bool(
            node.opening
            or node.dangling
            or any(entry.leading or entry.trailing or _has_comments(entry.node) for entry in node.items)
        )
    return isinstance(node, TableNode) and any(_has_comments(entry.node) for entry in node.entries.values())


def _with_comment(text: str, comment: str | None) -> str:
    return f"{text}  {comment}" if comment else text


def _flat_toml(node: Node) -> str:
    """A value on one line, except for multi-line strings."""
    if isinstance(node, Scalar):
        return toml_literal(node.value, node.literal)
    if isinstance(node, ArrayNode):
        return f"[{', '.join(_flat_toml(entry.node) for entry in node.items)}]"
    inner = ", ".join(f"{toml_key(key)} = {_flat_toml(entry.node)}" for key, entry in node.entries.items())
    return f"{{ {inner} }}" if inner else "{}"


def _statement(keys: Sequence[str], node: Node) -> str:
    start = f"{'.'.join(map(toml_key, keys))} = "
    if is_stack(keys[-1], node):
        assert isinstance(node, ArrayNode)
        return start + _broken_toml(node, "")
    return start + _toml_value(node, "", len(start))


def _toml_value(node: Node, indent: str, column: int) -> str:
    """A value that begins at a column: on one line where it fits, else with its lists broken."""
    if not _has_comments(node):
        flat = _flat_toml(node)
        if column + len(flat) <= WIDTH or isinstance(node, Scalar) or "\n" in flat:
            return flat
        if isinstance(node, TableNode) and not _breakable(node):
            return flat
    if isinstance(node, ArrayNode):
        return _broken_toml(node, indent)
    assert isinstance(node, TableNode)
    parts = []
    for key, entry in node.entries.items():
        inner = entry.node
        broken = _has_comments(inner) or _breakable(inner)
        parts.append(f"{toml_key(key)} = {_opened(inner, indent) if broken else _flat_toml(inner)}")
    return f"{{ {', '.join(parts)} }}"


def _long_table(key: str, node: Node) -> str:
    """A value that is inline whatever its length: the long lists of a table are broken where it is too long."""
    text = _statement([key], node)
    if not isinstance(node, TableNode) or _has_comments(node) or len(text) <= WIDTH or "\n" in text:
        return text
    parts = []
    for inner_key, entry in node.entries.items():
        flat = _flat_toml(entry.node)
        broken = isinstance(entry.node, ArrayNode) and len(flat) > WIDTH // 2
        parts.append(f"{toml_key(inner_key)} = {_opened(entry.node, '') if broken else flat}")
    return f"{toml_key(key)} = {{ {', '.join(parts)} }}"


def _opened(node: Node, indent: str) -> str:
    if isinstance(node, ArrayNode):
        return _broken_toml(node, indent)
    # Nothing fits after what is broken already: the lists inside are broken as well.
    return _toml_value(node, indent, WIDTH)


def _breakable(node: Node) -> bool:
    """Whether a table holds a list of tables, whose entries can have a line each although braces stay on theirs."""
    if isinstance(node, ArrayNode):
        return any(isinstance(entry.node, TableNode) for entry in node.items)
    return isinstance(node, TableNode) and any(_breakable(entry.node) for entry in node.entries.values())


def _broken_toml(array: ArrayNode, indent: str) -> str:
    """A list with a line for each entry."""
    if not array.items and not array.dangling and not array.opening:
        return "[]"
    inner = indent + "  "
    lines = [_with_comment("[", array.opening)]
    for index, entry in enumerate(array.items):
        if entry.blank and index:
            lines.append("")
        lines += [inner + line if line else "" for line in entry.leading]
        lines.append(_with_comment(f"{inner}{_toml_value(entry.node, inner, len(inner) + 1)},", entry.trailing))
    lines += [inner + line if line else "" for line in array.dangling]
    return "\n".join([*lines, f"{indent}]"])
