"""The positions where the layers of a block start in the expanded stack, for comments in the program."""

from __future__ import annotations

from seqspec.core.diagnostics.violation import Path
from seqspec.core.language.expand import Expansion


def copies(expansion: Expansion, count: int) -> dict[int, str]:
    """The comments for the first layer of each block copy, by index in the stack.

    Nested blocks are ignored: only the outermost one is used in the stack.
    """
    begun: list[tuple[int, str, int]] = []
    before: tuple[Path, int] | None = None
    for index in range(count):
        block = _block(expansion, index)
        if block is None:
            before = None
            continue
        name, use, entry = block
        if before is None or before[0] != use or entry < before[1]:
            begun.append((index, name, 0))
        start, _, layers = begun[-1]
        begun[-1] = (start, name, layers + 1)
        before = (use, entry)
    return {index: f"block {name} ({layers} {'layer' if layers == 1 else 'layers'})" for index, name, layers in begun}


def _block(expansion: Expansion, index: int) -> tuple[str, Path, int] | None:
    """The outermost block of a layer: its name, the location of its use, and the index of the entry."""
    origin = expansion.origin(("model", "layers", index))
    path = origin.path
    if path[:1] != ("blocks",):
        return None
    for step in origin.via:
        if not step.is_block_use:
            continue
        if step.path[:1] != ("blocks",):
            return str(path[1]), step.path, int(path[3])
        path = step.path
    return None
