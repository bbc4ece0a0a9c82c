"""The canonical form of a document: key order, canonical class names, and one layout per format.

Only the form changes. Variables, blocks, `extends` and overrides stay as written, numbers keep their spelling, and the
arguments of a layer keep their order after the tag.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from seqspec.core.catalog.index import ALIASES
from seqspec.core.document.tables import canonical_order
from seqspec.core.language.keys import TAG_KEYS, is_extension_key
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.formatter.literals import UnrepresentableValue, json_literal_of, toml_literal_of
from seqspec.core.syntax.formatter.nodes import (
    Array,
    CommentedTree,
    Entry,
    Node,
    Scalar,
    Table,
    comments,
    equal_trees,
    to_plain,
)

_HEADED = (("blocks", "*"), ("custom", "*"), ("data", "*"), ("override", "*"), ("override", "layers", "*"))
_LAYERS_IN = ("model", "blocks", "override")
_SCHEMA = "#:schema"


class Unformattable(ValueError):
    """A document that cannot be written in the requested format; the message is the reason."""


class Formatted:
    """A document in canonical form: its text, and the comments that the format cannot express."""

    def __init__(self, text: str, lost: list[str]) -> None:
        self.text = text
        self.lost = lost


def format_document(document: Document, to: str | None = None) -> Formatted:
    r"""The canonical text of a readable document, in its own format or in `to`.

    Lines end with `\\n`; no byte order mark.

    Raises:
        Unformattable: A value cannot be written in the other format.
    """
    commented = read_commented(document)
    to = to or document.format
    lost: list[str] = []
    _arrange(commented.root, ())
    _rename(commented.root)
    meant = to_plain(commented.root)
    if to != document.format:
        lost = _to_json(commented) if to == "json" else _to_toml(commented)
        meant = to_plain(commented.root)
    return Formatted(_written(commented, to, meant, document.depth), lost)


def upgrade_document(document: Document, tree: Mapping[str, object]) -> str:
    """The canonical text of a migrated document, with the comments of the original.

    Raises:
        Unformattable: A comment has no place in the new document.
    """
    from seqspec.core.document.carry import carry_over

    commented = carry_over(read_commented(document), document.tree, tree, _LITERALS[document.format])
    _arrange(commented.root, ())
    _rename(commented.root)
    return _written(commented, document.format, to_plain(commented.root), document.depth)


def canonical_text(tree: Mapping[str, object], format: str) -> str:
    """The canonical text of a tree. In TOML, `null` becomes `"none"`.

    Raises:
        Unformattable: A value cannot be written in the format.
    """
    root = _node(tree, _LITERALS[format], format == "toml")
    assert isinstance(root, Table)
    _arrange(root, ())
    return write_commented(CommentedTree(root), format)


def _node(value: object, literal_of: Callable[[object], str], toml: bool) -> Node:
    if isinstance(value, Mapping):
        entries = {str(key): Entry(_node(item, literal_of, toml)) for key, item in value.items()}
        return Table(entries)
    if isinstance(value, (list, tuple)):
        return Array([Entry(_node(item, literal_of, toml)) for item in value])
    if value is None and toml:
        value = "none"
    elif not isinstance(value, (str, int, float)) and value is not None:
        value = str(value)
    try:
        return Scalar(value, literal_of(value))
    except UnrepresentableValue as error:
        raise Unformattable(f"{'TOML' if toml else 'JSON'} cannot represent {error}")


_LITERALS = {"json": json_literal_of, "toml": toml_literal_of}


def _written(commented: CommentedTree, format: str, meant: object, depth: int) -> str:
    """The text of a commented tree; it is parsed again to ensure that nothing is lost."""
    text = write_commented(commented, format)
    kept = equal_trees(_parsed(text, format), meant)
    if format == "toml":
        from seqspec.core.syntax.formatter.reader import attach_comments
        from seqspec.core.syntax.parser import parse_tree

        # A header has up to two levels more than the inline table that it replaced.
        again = attach_comments(parse_tree(text, format, depth + 2))
        kept = kept and sorted(comments(again)) == sorted(comments(commented))
    if not kept:
        raise Unformattable("internal error: the formatted text would differ in content; please report it")
    return text


def read_commented(document: Document) -> CommentedTree:
    """The commented tree of a readable document.

    Raises:
        Unformattable: The document exceeds the limits.
    """
    from seqspec.core.syntax.formatter.reader import attach_comments

    tree = document.syntax()
    if not tree.complete:
        raise Unformattable(tree.faults[-1].message)
    return attach_comments(tree)


def write_commented(commented: CommentedTree, format: str) -> str:
    """The text of a commented tree in a format."""
    if format == "json":
        from seqspec.core.syntax.formatter.json_writer import write_json

        return write_json(commented)
    from seqspec.core.syntax.formatter.toml_writer import write_toml

    return write_toml(commented, _has_header)


def _has_header(path: tuple[str, ...]) -> bool:
    return any(_matches(path, pattern) for pattern in _HEADED)


def _matches(path: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    return len(path) == len(pattern) and all(p in ("*", key) for key, p in zip(path, pattern))


def _arrange(node: Node, path: tuple[str, ...]) -> None:
    """Sorts the keys of every table; unknown keys keep their order, after the others."""
    if isinstance(node, Array):
        for entry in node.items:
            _arrange(entry.node, path if path in (("fit",), ("export",)) else (*path, "[]"))
    elif isinstance(node, Table):
        if path[:1] != ("vars",) and not any(map(is_extension_key, path)):
            order = canonical_order(path)
            if order is None:
                order = () if path[:1] == ("custom",) else TAG_KEYS
            keys = [key for key in order if key in node.entries]
            keys += [key for key in node.entries if key not in order]
            node.entries = {key: node.entries[key] for key in keys}
        for key, entry in node.entries.items():
            _arrange(entry.node, (*path, key))


def _rename(root: Table) -> None:
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


def _entries(node: Array | Table) -> Iterator[tuple[object, Entry]]:
    yield from enumerate(node.items) if isinstance(node, Array) else node.entries.items()


def _to_json(commented: CommentedTree) -> list[str]:
    """Prepares the tree of a TOML document for JSON; returns the comments that are lost."""
    lost = comments(commented)
    schema = next((line for line in commented.preamble if line.startswith(f"{_SCHEMA} ")), None)
    if schema is not None and "$schema" not in commented.root.entries:
        lost.remove(schema)
        address = schema.removeprefix(_SCHEMA).strip()
        commented.root.entries["$schema"] = Entry(Scalar(address, json_literal_of(address)))
        _arrange(commented.root, ())
    _respell(commented.root, json_literal_of, "JSON")
    return lost


def _to_toml(commented: CommentedTree) -> list[str]:
    """Prepares the tree of a JSON document for TOML: null becomes `"none"`."""
    schema = commented.root.entries.get("$schema")
    address = schema.node.value if schema is not None and isinstance(schema.node, Scalar) else None
    if isinstance(address, str) and address.isprintable() and address == address.strip() != "":
        commented.preamble = [f"{_SCHEMA} {address}"]
        del commented.root.entries["$schema"]
    _nulls(commented.root, (), False)
    _respell(commented.root, toml_literal_of, "TOML")
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
        in_layers or (isinstance(node, Table) and "custom" in node.entries and bool(path)) or path[:1] == ("custom",)
    )
    for key, entry in _entries(node):
        _nulls(entry.node, (*path, key), in_layers or (is_extension_key(key)))


def _respell(node: Node, literal_of: Any, name: str) -> None:
    if isinstance(node, Scalar):
        try:
            node.literal = literal_of(node.value, node.literal)
        except UnrepresentableValue as error:
            raise Unformattable(f"{name} cannot represent {error}")
        return
    for _, entry in _entries(node):
        _respell(entry.node, literal_of, name)


def _parsed(text: str, format: str) -> object:
    if format == "json":
        from seqspec.core.syntax.parser import parse_lenient

        return parse_lenient(text)
    from seqspec.core.syntax.toml_parse import parse

    return parse(text)
