"""Expands a document as written to the tree that all later steps use; most documents are their own expansion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seqspec.core.language.expansion import MAX_INTEGER, Expansion
from seqspec.core.language.former_keys import FORMER_KEYS
from seqspec.core.language.keys import EXPANDED_AWAY, TOP_LEVEL, TableKeys
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.limits import LIMITS, Limits

if TYPE_CHECKING:
    from seqspec.core.language.expansion_context import Reader
    from seqspec.core.language.overrides import Override


_PLAIN_KEYS = frozenset(TOP_LEVEL) - EXPANDED_AWAY - {"custom", "keras"}
_EXPANDED_KEYS = frozenset(("use", "repeat", "for", *(old for _, _, _, old, _ in FORMER_KEYS)))


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


def expand(
    document: Document,
    *,
    vars: Mapping[str, object] | None = None,
    overrides: Sequence[Override] = (),
    limits: Limits = LIMITS,
    root: str | None = None,
    read: Reader | None = None,
    tables: TableKeys | None = None,
) -> Expansion:
    """Expands a document; never raises for an invalid one.

    Args:
        document: The document, from `read_source`.
        vars: Values of variables that replace those in the document.
        overrides: Values that the caller sets.
        limits: Limits on the expanded document.
        root: The folder that `extends` may not leave; by default the folder of the project.
        read: Reads the documents that it extends, instead of their files.
        tables: The table of each key; None to skip the check for keys in the wrong table.
    """
    if not document.readable:
        return Expansion(document, {}, list(document.violations), usable=False)
    tree = document.tree
    keys = plain_keys(tree, limits, tables) if not vars and not overrides and type(tree) is dict else None
    if keys is not None:
        return Expansion(document, tree, list(document.violations), keys=keys)
    from seqspec.core.language.expander import expand_fully

    return expand_fully(document, vars or {}, overrides, limits, root, read, tables)
