"""Shapes and ranges as the tables about data give them."""

from __future__ import annotations

import re
from typing import Any

from seqspec.catalog.kinds import Kind, ListOf, Number, show_value
from seqspec.diagnostics.violation import Violation
from seqspec.shapes.dims import UNNAMED, Dim, Shape, Size

_DIMENSION = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class SampleShape(Kind):
    """The shape of one sample: sizes, and names for unknown ones."""

    neutral = True

    def read(self, value: Any) -> Shape:
        if not isinstance(value, (list, tuple)):
            raise self.refuse(value)
        return tuple(_size(entry, index) for index, entry in enumerate(value))

    def describe(self) -> str:
        return 'a list of sizes such as [28, 28, 1] or ["T", 64]'


def _size(entry: Any, index: int) -> Size:
    if type(entry) is int and entry >= 0:
        return entry
    if entry is None or entry in (UNNAMED, "none"):
        return Dim()
    if isinstance(entry, str) and _DIMENSION.fullmatch(entry):
        return Dim(entry)
    raise Violation(
        "wrong-type", f"needs whole numbers or names for unknown sizes, got {show_value(entry)}", path=(index,)
    )


class Range(Kind):
    """The least and the greatest value."""

    neutral = True

    def __init__(self) -> None:
        self.pair = ListOf(Number(), 2, 2)

    def read(self, value: Any) -> tuple[float, float]:
        low, high = self.pair.read(value)
        if low > high:
            raise Violation("bad-value", f"needs the least value first, got [{low}, {high}]")
        return low, high

    def describe(self) -> str:
        return "a list of the least and the greatest value"
