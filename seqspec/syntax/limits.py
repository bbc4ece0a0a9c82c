"""How large a document may become before it is refused; each bound is a setting of the caller."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """Bounds on the size of a spec, as written and as expanded; what exceeds one is reported as `over-limit`.

    Attributes:
        bytes: Bytes of one file.
        depth: Levels of nested tables and lists, as written and as expanded.
        layers: Layers of the expanded model, including those of nested models.
        values: Single values of the expanded spec.
        files: Specs in one chain of `extends`.
    """

    bytes: int = 1 << 20
    depth: int = 64
    layers: int = 10_000
    values: int = 500_000
    files: int = 16


LIMITS = Limits()
"""The bounds where the caller names none."""
