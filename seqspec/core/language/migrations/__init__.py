"""Migrations of documents to the next language version, one module per step, named by its two versions.

A module `v1_to_v2.py` has a function `migrate(tree)` that returns the tree in the later version. Values that it does
not move keep their locations.
"""

from __future__ import annotations

from collections.abc import Callable

Migration = Callable[[dict[str, object]], dict[str, object]]

STEPS: dict[tuple[int, int], Migration] = {}
"""(from, to) → the migration. There is none yet, because version 1 is the first."""


def migrate(tree: dict[str, object], version: int, latest: int) -> dict[str, object] | None:
    """The tree in the latest version; None if no migrations lead to it."""
    while version != latest:
        step = next(((pair, function) for pair, function in STEPS.items() if pair[0] == version), None)
        if step is None:
            return None
        (_, version), function = step
        tree = function(tree)
    return tree
