"""The canonical form of a document: key order, canonical class names, and one layout per format.

Only the form changes. Variables, blocks, `extends` and overrides stay as written, numbers keep their spelling, and the
arguments of a layer keep their order after the tag.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seqspec.core.document.tables import canonical_order
from seqspec.core.language.keys import ALIASES, ENCODED_COLUMNS, TAG_KEYS, is_extension_key
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.formatter.nodes import (
    ArrayNode,
    CommentedTree,
    Entry,
    Node,
    Scalar,
    TableNode,
    UnrepresentableValue,
    comments,
    equal_trees,
    to_plain,
)
from seqspec.core.syntax.formatter.writers import needs_headers
from seqspec.core.syntax.syntax import JSON, SYNTAXES, TOML, Syntax

_HEADED = (("blocks", "*"), ("custom", "*"), ("data", "*"), ("override", "*"), ("override", "layers", "*"))
_LAYERS_IN = ("model", "blocks", "override")
_SCHEMA = "#:schema"


class Unformattable(ValueError):
    """A document that cannot be written in the requested format; the message is the reason."""


class CanonicalText:
    """A document in canonical form: its text, and the comments that the format cannot express."""

    def __init__(self, text: str, lost: list[str]) -> None:
        self.text = text
        self.lost = lost


def format_document(document: Document, to: str | None = None) -> CanonicalText:
    r"""The canonical text of a readable document, in its own format or in `to`.

    Lines end with `\\n`; no byte order mark.

    Raises:
        Unformattable: A value cannot be written in the other format.
    """
    commented = read_commented(document)
    syntax = document.syntax if to is None else SYNTAXES[to]
    lost: list[str] = []
    _arrange(commented.root, ())
    _rename(commented.root)
    meant = to_plain(commented.root)
    if syntax is not document.syntax:
        lost = _to_json(commented) if syntax is JSON else _to_toml(commented)
        meant = to_plain(commented.root)
    return CanonicalText(_written(commented, syntax, meant, document.depth), lost)


def upgrade_document(document: Document, tree: Mapping[str, object]) -> str:
    """The canonical text of a migrated document, with the comments of the original.

    Raises:
        Unformattable: A comment has no place in the new document.
    """
    from seqspec.core.document.carry_comments import carry_comments

    commented = carry_comments(read_commented(document), document.tree, tree, document.syntax.literal)
    _arrange(commented.root, ())
    _rename(commented.root)
    return _written(commented, document.syntax, to_plain(commented.root), document.depth)


def canonical_text(tree: Mapping[str, object], format: str) -> str:
    """The canonical text of a tree. In TOML, `null` becomes `"none"`.

    Raises:
        Unformattable: A value cannot be written in the format.
    """
    syntax = SYNTAXES[format]
    root = _node(tree, syntax)
    assert isinstance(root, TableNode)
    _arrange(root, ())
    return syntax.write(CommentedTree(root), _has_header)


def _node(value: object, syntax: Syntax) -> Node:
    if isinstance(value, Mapping):
        return TableNode({str(key): Entry(_node(item, syntax)) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return ArrayNode([Entry(_node(item, syntax)) for item in value])
    if value is None:
        value = syntax.null
    elif not isinstance(value, (str, int, float)):
        value = str(value)
    try:
        return Scalar(value, syntax.literal(value))
    except UnrepresentableValue as error:
        raise Unformattable(f"{syntax.title} cannot represent {error}")


def _written(commented: CommentedTree, syntax: Syntax, meant: object, depth: int) -> str:
    """The text of a commented tree; it is parsed again to ensure that nothing is lost."""
    text = syntax.write(commented, _has_header)
    kept = equal_trees(syntax.parse(text, lenient=True), meant)
    if syntax.has_comments:
        # A header has up to two levels more than the inline table that it replaced.
        again = syntax.attach_comments(syntax.parse_tree(text, depth + 2))
        kept = kept and sorted(comments(again)) == sorted(comments(commented))
    if not kept:
        raise Unformattable("internal error: the formatted text would differ in content; please report it")
    return text


def read_commented(document: Document) -> CommentedTree:
    """The commented tree of a readable document.

    Raises:
        Unformattable: The document exceeds the limits.
    """
    tree = document.syntax_tree()
    if not tree.complete:
        raise Unformattable(tree.faults[-1].message)
    return document.syntax.attach_comments(tree)


def _has_header(path: tuple[str, ...]) -> bool:
    return any(_matches(path, pattern) for pattern in _HEADED)


def _matches(path: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    return len(path) == len(pattern) and all(p in ("*", key) for key, p in zip(path, pattern))


def _arrange(node: Node, path: tuple[str, ...]) -> None:
    """Sorts the keys of every table; unknown keys keep their order, after the others."""
    if isinstance(node, ArrayNode):
        for entry in node.items:
            _arrange(entry.node, path if path in (("fit",), ("export",)) else (*path, "[]"))
    elif isinstance(node, TableNode):
        node.ordered = path == ENCODED_COLUMNS
        if path == ("search", "space"):
            _dot_paths(node)
        if path[:1] != ("vars",) and not any(map(is_extension_key, path)):
            order = canonical_order(path)
            if order is None:
                order = () if path[:1] == ("custom",) else TAG_KEYS
            keys = [key for key in order if key in node.entries]
            keys += [key for key in node.entries if key not in order]
            node.entries = {key: node.entries[key] for key in keys}
        for key, entry in node.entries.items():
            _arrange(entry.node, (*path, key))


def _dot_paths(space: TableNode) -> None:
    """Writes the paths of a search space with dotted keys; a comment above a table moves to its first entry."""
    for entry in space.entries.values():
        for table, above in _path_tables(entry) or ():
            table.dotted = True
            first = next(iter(table.entries.values()))
            first.leading, above.leading = [*above.leading, *first.leading], []


def _path_tables(entry: Entry) -> list[tuple[TableNode, Entry]] | None:
    """The tables that the paths of an entry go through, the outer ones first; None if one has no dotted form."""
    from seqspec.core.document.search import is_part_of_path

    node = entry.node
    if not isinstance(node, TableNode) or not is_part_of_path(to_plain(node)):
        return None if needs_headers(node) else []
    below = [_path_tables(inner) for inner in node.entries.values()]
    if entry.trailing or node.dangling or not below or None in below:
        return None
    return [(node, entry), *(table for several in below if several for table in several)]


def _rename(root: TableNode) -> None:
    """Replaces aliases of layers by their canonical names."""
    for table in _LAYERS_IN:
        entry = root.entries.get(table)
        if entry is None:
            continue
        for parent, key, scalar in list(_scalars(entry.node)):
            canonical = ALIASES.get(scalar.value) if isinstance(scalar.value, str) else None
            if canonical is not None and (key == "type" or (isinstance(key, int) and parent == "layers")):
                scalar.value, scalar.literal = canonical, f'"{canonical}"'


def _scalars(node: Node) -> Iterator[tuple[object, object, Scalar]]:
    """All scalars with their key and the key of the containing table or list, without those under extension keys."""
    pending: list[tuple[object, Node]] = [(None, node)]
    while pending:
        around, current = pending.pop()
        if isinstance(current, Scalar):
            continue
        for key, entry in _entries(current):
            if is_extension_key(key):
                continue
            if isinstance(entry.node, Scalar):
                yield around, key, entry.node
            else:
                pending.append((key, entry.node))


def _entries(node: ArrayNode | TableNode) -> Iterator[tuple[object, Entry]]:
    yield from enumerate(node.items) if isinstance(node, ArrayNode) else node.entries.items()


def _to_json(commented: CommentedTree) -> list[str]:
    """Prepares the tree of a TOML document for JSON; returns the comments that are lost."""
    lost = comments(commented)
    schema = next((line for line in commented.preamble if line.startswith(f"{_SCHEMA} ")), None)
    if schema is not None and "$schema" not in commented.root.entries:
        lost.remove(schema)
        address = schema.removeprefix(_SCHEMA).strip()
        commented.root.entries["$schema"] = Entry(Scalar(address, JSON.literal(address)))
        _arrange(commented.root, ())
    _respell(commented.root, JSON)
    return lost


def _to_toml(commented: CommentedTree) -> list[str]:
    """Prepares the tree of a JSON document for TOML: null becomes `"none"`."""
    schema = commented.root.entries.get("$schema")
    address = schema.node.value if schema is not None and isinstance(schema.node, Scalar) else None
    if isinstance(address, str) and address.isprintable() and address == address.strip() != "":
        commented.preamble = [f"{_SCHEMA} {address}"]
        del commented.root.entries["$schema"]
    _nulls(commented.root, (), False)
    _respell(commented.root, TOML)
    for key in _keys(commented.root):
        if any("\ud800" <= c <= "\udfff" for c in key):
            raise Unformattable(f"TOML cannot represent the key {key!r}: it contains a lone surrogate")
    return []


def _keys(node: Node) -> Iterator[str]:
    if not isinstance(node, Scalar):
        for key, entry in _entries(node):
            if isinstance(key, str):
                yield key
            yield from _keys(entry.node)


def _nulls(node: Node, path: tuple[object, ...], in_layers: bool) -> None:
    """Replaces null by `"none"`, except in data of the author, where that would be another value."""
    if isinstance(node, Scalar):
        if node.value is None:
            if in_layers:
                location = "".join(f"/{key}" for key in path)
                raise Unformattable(
                    f"TOML has no null, and the meaning of null in {location} is defined by custom code"
                )
            node.value = "?" if "shape" in path or (path[:2] == ("model", "input") and len(path) == 3) else "none"
        return
    in_layers = (
        in_layers
        or (isinstance(node, TableNode) and "custom" in node.entries and bool(path))
        or path[:1] == ("custom",)
    )
    for key, entry in _entries(node):
        _nulls(entry.node, (*path, key), in_layers or (is_extension_key(key)))


def _respell(node: Node, syntax: Syntax) -> None:
    if isinstance(node, Scalar):
        try:
            node.literal = syntax.literal(node.value, node.literal)
        except UnrepresentableValue as error:
            raise Unformattable(f"{syntax.title} cannot represent {error}")
        return
    for _, entry in _entries(node):
        _respell(entry.node, syntax)
