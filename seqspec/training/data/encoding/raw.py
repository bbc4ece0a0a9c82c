"""Raw rows: the declared columns of a table as one structured array, in memory or on disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from seqspec.core.api.data import Column
from seqspec.training.data.encoding.base import ColumnReader, RawColumn, codec_of
from seqspec.training.data.encoding.texts import codes_in
from seqspec.training.data.shards import Block
from seqspec.training.data.stored import CHUNK_BYTES, Array, Budget, Collector, Values

Kinds = Mapping[str, Column]
"""The columns of `[data.columns]`, in order."""


@dataclass(frozen=True)
class RawColumns:
    """What raw rows refer to.

    Attributes:
        kinds: The declared columns, in order.
        columns: The dictionaries of each.
    """

    kinds: Kinds
    columns: Mapping[str, RawColumn] = field(default_factory=dict)

    def missing(self, rows: Array, name: str) -> Array:
        """A mask of the raw rows in which a column is missing."""
        kind = self.kinds[name]
        codec = codec_of(kind.kind)
        missing = np.asarray(codec.is_missing(rows[field_names(self.kinds, name)[0]]))
        other = codec.depends_on(kind)
        return missing | self.missing(rows, other) if other is not None and other in self.kinds else missing


def field_names(kinds: Kinds, name: str) -> list[str]:
    """The fields of a column in raw rows."""
    return [f"{name}.{index}" for index in range(len(fields_of(kinds[name])))]


def raw_dtype(kinds: Kinds) -> np.dtype[np.void]:
    """The dtype of raw rows."""
    return np.dtype(
        [
            (name, dtype)
            for column, kind in kinds.items()
            for name, dtype in zip(field_names(kinds, column), fields_of(kind))
        ]
    )


def fields_of(kind: Column) -> Sequence[npt.DTypeLike]:
    """The dtypes of the fields of a column in raw rows."""
    return codec_of(kind.kind).reader.fields


def reader_of(kind: Column, budget: Budget, decimal: str | None = None) -> ColumnReader:
    """The reader of a column; `decimal` is the decimal mark of the source."""
    return codec_of(kind.kind).read(kind, budget, decimal)


class RawReader:
    """Reads the declared columns of a table in blocks.

    Attributes:
        kinds: The declared columns.
        readers: The reader of each column, with the values that it could not read.
        rows: The number of rows that have been read.
    """

    def __init__(self, kinds: Kinds, budget: Budget | None = None, decimal: str | None = None) -> None:
        budget = budget or Budget(None)
        self.kinds = kinds
        self._dtype = raw_dtype(kinds)
        self._fields = {name: field_names(kinds, name) for name in kinds}
        self._collector = Collector(budget, (), self._dtype)
        self.readers = {name: reader_of(kind, budget, decimal) for name, kind in kinds.items()}
        self.rows = 0

    def append(self, block: Block) -> None:
        """Adds a block of rows; raises `OSError` where the disk is full."""
        count = len(next(iter(block.values())))
        rows = np.empty(count, self._dtype)
        for name, reader in self.readers.items():
            for target, values in zip(self._fields[name], reader.read(block[name], self.rows)):
                rows[target] = values
        self._collector.append(rows)
        self.rows += count

    def finish(self) -> tuple[Values, RawColumns]:
        """All raw rows, and what they refer to."""
        columns = {name: reader.finish() for name, reader in self.readers.items()}
        return self._collector.finish(), RawColumns(self.kinds, columns)


def row_chunks(rows: Values) -> Iterator[Array]:
    """Raw rows in parts, the same in memory and on disk."""
    step = max(1, CHUNK_BYTES // max(1, rows.dtype.itemsize))
    for start in range(0, len(rows), step):
        yield rows[start : start + step]


def text_digests(column: RawColumn, fields: Sequence[Array]) -> Array:
    """A number for each text that depends on all of its words and their order."""
    assert column.words is not None
    rows, codes = codes_in(column.words, fields)
    lengths = fields[1]
    place = np.arange(len(rows)) - np.repeat(np.cumsum(lengths, dtype=np.int64) - lengths, lengths)
    mixed = (codes.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= (place.astype(np.uint64) + np.uint64(1)) * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    total = np.zeros(len(lengths), np.uint64)
    np.add.at(total, rows, mixed)
    return total
