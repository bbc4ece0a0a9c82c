"""How large a document may become before it is refused; each bound is a setting of the caller."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """The bounds of a document, as written and as expanded.

    Attributes:
        bytes: Size of one file.
        depth: Levels of tables and lists, in the text and in what it expands to.
        layers: Layers of the expanded model, those of nested models among them.
        values: Single values of the expanded document.
        files: Documents of one chain of `extends`.
    """

    bytes: int = 1 << 20
    depth: int = 64
    layers: int = 10_000
    values: int = 500_000
    files: int = 16


LIMITS = Limits()
"""The bounds where the caller names none."""
