"""Where the layers of a block begin in the expanded stack, for a remark in the program."""

from __future__ import annotations

from seqspec.diagnostics.violation import Path
from seqspec.language.expand import Expansion


def copies(expansion: Expansion, count: int) -> dict[int, str]:
    """The remark for each layer with which a copy of a block begins, by the layer's place in the stack.

    Blocks inside of blocks are not reported: the outermost one is what the stack was written with.
    """
    begun: list[tuple[int, str, int]] = []
    before: tuple[Path, int] | None = None
    for index in range(count):
        found = _block(expansion, index)
        if found is None:
            before = None
            continue
        name, use, entry = found
        if before is None or before[0] != use or entry < before[1]:
            begun.append((index, name, 0))
        start, _, layers = begun[-1]
        begun[-1] = (start, name, layers + 1)
        before = (use, entry)
    return {index: f"block {name} ({layers} {'layer' if layers == 1 else 'layers'})" for index, name, layers in begun}


def _block(expansion: Expansion, index: int) -> tuple[str, Path, int] | None:
    """The outermost block that a layer comes from: its name, where it is used, and which of its entries it is."""
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
