"""What readers ask of a cluster whose machines hold a part of the data each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from seqspec.training.data.stored import StoredArray

if TYPE_CHECKING:
    from seqspec.diagnostics.violation import Path
    from seqspec.training.data.samples import Samples

Part = Callable[[], Iterator[Any]]
"""Reads a part of a source, in blocks; the rows of the parts, in their order, are those of the source."""


class DividedColumns(NamedTuple):
    """Columns of a table on many machines.

    `numbers` are the groups of numbers, `blocks` the other columns, here. `rounded` counts integers that float32
    rounds, by key and column. `failed` says that a value is not a number, or that a part cannot be read.
    """

    numbers: Mapping[str, StoredArray]
    blocks: Sequence[Mapping[str, Any]]
    rounded: Mapping[tuple[str, str], int]
    failed: bool


class Shards(Protocol):
    """Divides sources among machines; each row is read from the machine that has it, when it is needed."""

    def wants(self, size: int) -> bool:
        """Whether so many bytes are divided."""

    def columns(
        self, parts: Sequence[Part], size: int, numbers: Mapping[str, Sequence[str]], others: Sequence[str]
    ) -> DividedColumns:
        """Divides the rows of a table; `others` are columns that stay together."""

    def rows(self, parts: Sequence[Part], size: int, shape: tuple[int, ...], dtype: Any) -> StoredArray | None:
        """Divides arrays of rows; None where a part cannot be read."""

    def known(self, path: Path) -> Samples | None:
        """The samples of the source at a path of the spec, where they are divided already."""

    def keep(self, path: Path, samples: Samples) -> None:
        """Remembers the samples of a source, if they are divided."""


def row_ranges(count: int, row_bytes: int) -> list[tuple[int, int]]:
    """Ranges of rows that are read one after the other, of about 32 MiB."""
    step = max(1, 2**25 // max(1, row_bytes))
    return [(start, min(count, start + step)) for start in range(0, count, step)]
