"""Limits on the size of documents, which callers can set."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """Limits on the size of a spec, as written and expanded; exceeding one is reported as `over-limit`.

    Attributes:
        bytes: Maximum size of one file in bytes.
        depth: Maximum nesting depth of tables and lists, as written and expanded.
        layers: Maximum number of layers of the expanded model, including nested models.
        values: Maximum number of scalar values of the expanded spec.
        files: Maximum number of specs in one chain of `extends`.
        columns: Maximum number of columns of a table of training data.
        expansion: Maximum size of training data in memory as a multiple of the size of its files, which compression
            makes smaller. `SMALL_BYTES` are allowed in any case.
    """

    bytes: int = 1 << 20
    depth: int = 64
    layers: int = 10_000
    values: int = 500_000
    files: int = 16
    columns: int = 100_000
    expansion: int = 200


LIMITS = Limits()
"""The default limits."""

SMALL_BYTES = 1 << 25
"""Bytes of data that a file may contain, however much smaller it is."""
