"""Builds the syntax tree of a text in either format."""

from __future__ import annotations

from collections.abc import Iterator
from json.decoder import JSONDecoder

from seqspec.core.syntax.tree import Range, SyntaxTree


def parse_tree(text: str, format: str, depth: int) -> SyntaxTree:
    """The syntax tree of a text, which may be incomplete.

    Args:
        text: The text, without a byte order mark.
        format: `"json"`, or anything else for TOML.
        depth: The maximum nesting depth of tables and lists; deeper values are not in the tree.
    """
    if format == "json":
        from seqspec.core.syntax.json_tree import parse_json_tree

        return parse_json_tree(text, depth)
    from seqspec.core.syntax.toml_tree import parse_toml_tree

    return parse_toml_tree(text, depth)


def string_offsets(text: str, start: int, end: int, format: str) -> Iterator[Range]:
    """The offsets of each character of the string between two offsets; none for other values."""
    if format == "json":
        from seqspec.core.syntax.json_tree import units
    else:
        from seqspec.core.syntax.toml_lexis import units
    return units(text, start, end)


class DuplicateKey(Exception):
    """A key occurs twice; the syntax tree has its position."""


class NotFinite(Exception):
    """A number is `NaN` or `Infinity`."""


def _table(pairs: list[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise DuplicateKey
    return table


def _constant(text: str) -> object:
    raise NotFinite(text)


_DECODER = JSONDecoder(object_pairs_hook=_table, parse_constant=_constant)
_LENIENT = JSONDecoder(parse_constant=_constant)


def parse(text: str) -> object:
    """The value of a text; raises `ValueError`, `RecursionError`, `DuplicateKey` or `NotFinite`."""
    return _DECODER.decode(text)


def parse_lenient(text: str) -> object:
    """The value of a text with duplicate keys, of which the last one is used."""
    return _LENIENT.decode(text)
