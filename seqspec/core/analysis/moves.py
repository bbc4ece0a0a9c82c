"""The fix that moves a layer within its list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.diagnostics.tree_fix import TreeFix, insert, remove


def move_after(tree: Mapping[str, object], entry: LayerReport, anchor: LayerReport, message: str) -> TreeFix | None:
    """Moves a layer after another one; `tree` is the expanded spec. None if they are not in the same list."""
    return _move(tree, entry, anchor, 1, message)


def move_before(tree: Mapping[str, object], entry: LayerReport, anchor: LayerReport, message: str) -> TreeFix | None:
    """Moves a layer before another one; None if they are not in the same list."""
    return _move(tree, entry, anchor, 0, message)


def _move(
    tree: Mapping[str, object], entry: LayerReport, anchor: LayerReport, offset: int, message: str
) -> TreeFix | None:
    *home, index = anchor.path
    if not isinstance(index, int) or entry.path[:-1] != tuple(home) or not isinstance(entry.path[-1], int):
        return None
    value: Any = tree
    for key in entry.path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            # The list belongs to a misspelled key.
            return None
    return TreeFix(message, (insert((*home, index + offset), value), remove(entry.path)))
