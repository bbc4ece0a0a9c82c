"""Groups the layers of one entry of the document; equal copies are drawn once.

A block that is used, a list `for` and a number `repeat` each make several layers of one entry. Copies that differ in
nothing but names, and return the input of them, are drawn once, with how many there are.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from seqspec.core.diagnostics.violation import Path
from seqspec.core.diagram.model import Copy, Group, Layer


class DrawnEntry(NamedTuple):
    """A layer, and the entry of the document that it came from.

    Attributes:
        key: What layers of one entry have in common.
        part: What the copies of one layer have in common.
        label: What the entry is called: a block, or a type.
        block: Whether the entry uses a block.
        path: Where the entry is; None where that is another document.
        layer: The layer.
        findings: What was found at the entry itself.
    """

    key: Hashable
    part: Hashable
    label: str
    block: bool
    path: Path | None
    layer: Layer
    findings: tuple[int, ...]


def group_entries(layers: Sequence[DrawnEntry], fold: bool = True) -> list[Layer | Group]:
    """Layers, and the groups of those that came from one entry.

    Args:
        layers: The layers in their order.
        fold: Whether equal copies are merged.
    """
    out: list[Layer | Group] = []
    for _, run in groupby(layers, key=lambda drawn: drawn.key):
        group = list(run)
        first = group[0]
        if len(group) == 1 and not first.block:
            out.append(first.layer)
            continue
        copies = _merged(_copies(group), fold)
        out.append(
            Group(
                group=first.label,
                block=first.block,
                path=first.path,
                times=sum(copy.times for copy in copies),
                copies=tuple(copies),
                findings=first.findings,
            )
        )
    return out


def _copies(group: Iterable[DrawnEntry]) -> list[list[Layer]]:
    """The layers of a group, cut where its first layer comes again."""
    copies: list[list[Layer]] = []
    beginning: Hashable = None
    for drawn in group:
        if not copies or drawn.part == beginning:
            beginning = drawn.part
            copies.append([])
        copies[-1].append(drawn.layer)
    return copies


def _merged(copies: Iterable[list[Layer]], fold: bool) -> list[Copy]:
    out: list[Copy] = []
    for layers in copies:
        if fold and out and _meaning(out[-1].layers) == _meaning(layers):
            out[-1] = replace(out[-1], times=out[-1].times + 1)
        else:
            out.append(Copy(1, tuple(layers)))
    return out


def _meaning(layers: Iterable[Layer]) -> list[Layer]:
    return [replace(layer, name="", layers=tuple(_meaning(layer.layers))) for layer in layers]
