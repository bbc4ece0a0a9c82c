"""The quick look that most documents pass: whether a document is its own expansion."""

from __future__ import annotations

from typing import Any

from seqspec.language.keys import EXPANDED_AWAY, TOP_LEVEL, TableKeys
from seqspec.syntax.limits import Limits

MAX_INTEGER = 2**63 - 1
"""The largest integer that a document may hold: that of 64 bits."""

_PLAIN_KEYS = frozenset(TOP_LEVEL) - EXPANDED_AWAY - {"custom", "keras"}


def is_plain(tree: dict[str, Any], limits: Limits, tables: TableKeys | None) -> bool:
    """Whether a document is its own expansion, and nothing is wrong with its outline."""
    version = tree.get("seqspec")
    if type(version) is not int or version != 1 or not tree.keys() <= _PLAIN_KEYS:
        return False
    model = tree.get("model")
    if type(model) is not dict:
        return False
    inputs = model.get("input")
    if type(inputs) is dict and "layers" in inputs:
        return False
    count = 0
    for key, value in tree.items():
        if type(value) is not dict and type(value) is not list:
            if key == "$schema" or key == "seqspec":
                continue
            return False
        if tables is not None and type(value) is dict and tables.misplaced(key, value):
            return False
        inner = count_plain(value, limits.depth - 1)
        if inner < 0:
            return False
        count += inner
    # A model of so few values has no more layers than that; a larger one is counted.
    return count <= limits.layers and count <= limits.values


def count_plain(value: Any, levels: int) -> int:
    """The number of values in a table or list that holds nothing to expand and nothing odd; -1 for any other."""
    if levels <= 0:
        return -1
    count = len(value)
    if type(value) is dict:
        if "use" in value or "repeat" in value or "for" in value:
            return -1
        for key in value:
            if type(key) is not str:
                return -1
        value = value.values()
    for item in value:
        kind = type(item)
        if kind is str:
            if "$" in item or not item.isprintable():
                return -1
        elif kind is dict or kind is list:
            inner = count_plain(item, levels - 1)
            if inner < 0:
                return -1
            count += inner
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
