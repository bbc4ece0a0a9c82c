"""The interface through which readers shard data among the machines of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar, Union

from seqspec.training.data.stored import Array, StoredArray

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

    from seqspec.core.api.diagnostics import Path

Kept = TypeVar("Kept")

Column = Union["list[object]", "pa.Array", "pa.ChunkedArray"]
"""A part of a column: a list of values, or an array of PyArrow."""

Block = Mapping[str, Column]
"""A block of rows of a table, by column."""

Part = Callable[[], Iterator[Block] | Iterator[Array]]
"""Reads a part of a source in blocks; the concatenated parts contain the rows of the source in order."""


class ShardedColumns(NamedTuple):
    """The columns of a table, sharded among machines.

    `numbers` are the groups of numbers, `blocks` the other columns, here. `rounded` counts integers that float32
    rounds, by key and column. `failed` says that a value is not a number, or that a part cannot be read.
    """

    numbers: Mapping[str, StoredArray]
    blocks: Sequence[Block]
    rounded: Mapping[tuple[str, str], int]
    failed: bool


class Shards(Protocol[Kept]):
    """Shards sources among machines, whose samples it keeps; each row is read from the machine that holds it."""

    def wants(self, size: int) -> bool:
        """Whether data of this size in bytes is sharded."""

    def columns(
        self, parts: Sequence[Part], size: int, numbers: Mapping[str, Sequence[str]], others: Sequence[str]
    ) -> ShardedColumns:
        """Shards the rows of a table; `others` are columns that are not sharded."""

    def rows(
        self, parts: Sequence[Part], size: int, shape: tuple[int, ...], dtype: npt.DTypeLike
    ) -> StoredArray | None:
        """Shards arrays of rows; None if a part cannot be read."""

    def known(self, path: Path) -> Kept | None:
        """The samples of the source at a path of the spec if they are already sharded, otherwise None."""

    def keep(self, path: Path, samples: Kept) -> None:
        """Stores the samples of a source if they are sharded."""


def row_ranges(count: int, row_bytes: int) -> list[tuple[int, int]]:
    """Consecutive ranges of rows of about 32 MiB each."""
    step = max(1, 2**25 // max(1, row_bytes))
    return [(start, min(count, start + step)) for start in range(0, count, step)]
