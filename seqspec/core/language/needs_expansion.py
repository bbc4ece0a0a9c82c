"""A fast check whether a document is its own expansion, as most are."""

from __future__ import annotations

from typing import Any

from seqspec.core.language.keys import EXPANDED_AWAY, TOP_LEVEL, TableKeys
from seqspec.core.syntax.limits import Limits

MAX_INTEGER = 2**63 - 1
"""The largest integer in a document, which has 64 bits."""

_PLAIN_KEYS = frozenset(TOP_LEVEL) - EXPANDED_AWAY - {"custom", "keras"}
_EXPANDED_KEYS = frozenset(("use", "repeat", "for"))


def plain_keys(tree: dict[str, object], limits: Limits, tables: TableKeys | None) -> set[str] | None:
    """All keys of a document that is its own expansion and has valid top-level keys; None for any other document."""
    version = tree.get("seqspec")
    if type(version) is not int or version != 1 or not tree.keys() <= _PLAIN_KEYS:
        return None
    model = tree.get("model")
    if type(model) is not dict:
        return None
    inputs = model.get("input")
    if type(inputs) is dict and "layers" in inputs:
        return None
    count = 0
    keys: set[str] = set()
    for key, value in tree.items():
        if type(value) is not dict and type(value) is not list:
            if key == "$schema" or key == "seqspec":
                continue
            return None
        if tables is not None and type(value) is dict and tables.misplaced(key, value):
            return None
        inner = _count_plain(value, limits.depth - 1, limits.layers, keys)
        if inner < 0:
            return None
        count += inner
    if not keys.isdisjoint(_EXPANDED_KEYS) or set(map(type, keys)) - {str}:
        return None
    # A model with so few values cannot exceed the limit on layers; in a larger one they are counted.
    return keys if count <= limits.layers and count <= limits.values else None


def _count_plain(value: Any, levels: int, most: int, keys: set[str]) -> int:
    """The number of values in a table or list; -1 if it is above `most` or some are references or unsupported.

    Its keys are added to `keys`.
    """
    if levels <= 0:
        return -1
    count = len(value)
    if type(value) is dict:
        keys.update(value)
        value = value.values()
    for item in value:
        kind = type(item)
        if kind is str:
            if "$" in item or not item.isprintable():
                return -1
        elif kind is dict or kind is list:
            inner = _count_plain(item, levels - 1, most, keys)
            count += inner
            if inner < 0 or count > most:
                return -1
        elif kind is int:
            if not -MAX_INTEGER - 1 <= item <= MAX_INTEGER:
                return -1
        elif kind is float:
            # Infinity minus infinity, like anything with NaN, is not a zero.
            if item - item != 0:
                return -1
        elif kind is not bool and item is not None:
            return -1
    return count
