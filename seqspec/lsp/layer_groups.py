"""Layers that one entry of the document became, as they are drawn: in a group, equal copies once.

A block that is used, a list `for` and a number `repeat` each make several layers of one entry. Copies that differ in
nothing but names, and return the input of them, are drawn once, with how many there are.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

_OWN = ("name",)


class Drawn(NamedTuple):
    """A layer, and the entry of the document that it came from.

    Attributes:
        key: What layers of one entry have in common.
        part: What the copies of one layer have in common.
        label: What the entry is called: a block, or a type.
        block: Whether the entry uses a block.
        range: Where the entry is.
        layer: The layer as plain data.
    """

    key: Hashable
    part: Hashable
    label: str
    block: bool
    range: dict[str, Any] | None
    layer: dict[str, Any]


def gathered(layers: Sequence[Drawn]) -> list[dict[str, Any]]:
    """Layers, and groups of them: `{"group", "block", "range", "copies": [{"times", "layers"}]}`."""
    out: list[dict[str, Any]] = []
    for _, run in groupby(layers, key=lambda drawn: drawn.key):
        group = list(run)
        first = group[0]
        if len(group) == 1 and not first.block:
            out.append(first.layer)
            continue
        copies = _merged(_copies(group))
        out.append(
            {
                "group": first.label,
                "block": first.block,
                "range": first.range,
                "times": sum(copy["times"] for copy in copies),
                "copies": copies,
            }
        )
    return out


def _copies(group: Iterable[Drawn]) -> list[list[dict[str, Any]]]:
    """The layers of a group, cut where its first layer comes again."""
    copies: list[list[dict[str, Any]]] = []
    beginning: Hashable = None
    for drawn in group:
        if not copies or drawn.part == beginning:
            beginning = drawn.part
            copies.append([])
        copies[-1].append(drawn.layer)
    return copies


def _merged(copies: Iterable[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    for copy in copies:
        if out and _meaning(out[-1]["layers"]) == _meaning(copy):
            out[-1]["times"] += 1
        else:
            out.append({"times": 1, "layers": copy})
    return out


def _meaning(copy: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {key: _meaning(value) if key == "layers" else value for key, value in layer.items() if key not in _OWN}
        for layer in copy
    ]
