"""How a document of an older version becomes one of the next: one module a step, named by its two versions.

A module `v1_to_v2.py` has a function `migrate(tree)` that returns the tree in the later version. What it does not move
keeps its place in the document as written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Migration = Callable[[dict[str, Any]], dict[str, Any]]

STEPS: dict[tuple[int, int], Migration] = {}
"""(from, to) → the migration. Version 1 is the first one, so there is not any yet."""


def migrate(tree: dict[str, Any], version: int, latest: int) -> dict[str, object] | None:
    """The tree in the latest version; None where no steps lead there from its own."""
    while version != latest:
        step = next(((pair, function) for pair, function in STEPS.items() if pair[0] == version), None)
        if step is None:
            return None
        (_, version), function = step
        tree = function(tree)
    return tree
