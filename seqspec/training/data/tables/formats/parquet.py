"""Parquet, read in batches of rows within a budget for memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from seqspec.training.data.shards import Block
from seqspec.training.data.stored import Budget
from seqspec.training.data.tables.formats import base
from seqspec.training.data.tables.formats.base import DictionaryDecoder, MissingPyArrow, TableFormat, distinct

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import parquet

_PART_BYTES = 2**26
_READ_BYTES = 2**26
"""Bytes that may be used to read the columns of a row group together, if data is streamed."""
_COLUMN_BYTES = 3 * 2**20
"""Maximum bytes to read a column: its dictionary and a page, compressed and not, usually of 1 MiB each."""
_COPIES = 4
"""Bytes to read a smaller column, as a multiple of its size."""


class Parquet(TableFormat):
    """Several machines read different row groups of a file."""

    def names(self, file: Path) -> list[str]:
        try:
            from pyarrow import parquet
        except ImportError:
            raise MissingPyArrow
        return distinct(parquet.read_schema(file).names)

    def parts(self, file: Path, names: Sequence[str]) -> list[Callable[[], Iterator[Block]]]:
        return [partial(self.blocks, file, names, None, groups) for groups in _row_groups(file)]

    def blocks(
        self, file: Path, names: Sequence[str], budget: Budget | None = None, groups: Sequence[int] | None = None
    ) -> Iterator[Block]:
        from pyarrow import parquet

        rows = max(1, base.BLOCK_VALUES // max(1, len(names)))
        # With buffering (one buffer per column), a row group is never in memory as a whole.
        buffer = min(2**20, max(2**14, _READ_BYTES // (4 * max(1, len(names)))))
        texts = _texts_of_dictionaries(parquet.read_metadata(file), names)
        with parquet.ParquetFile(file, buffer_size=buffer, pre_buffer=False, read_dictionary=texts) as opened:
            decoder = DictionaryDecoder(file, self.limits.expansion)
            numbers = range(opened.num_row_groups) if groups is None else groups
            column_sets = [_column_sets(opened.metadata.row_group(number), names, buffer, budget) for number in numbers]
            if all(len(sets) == 1 for sets in column_sets):
                for batch in opened.iter_batches(batch_size=rows, row_groups=groups, columns=list(names)):
                    yield from decoder.blocks({name: batch.column(name) for name in names})
                return
            assert budget is not None
            for number, sets in zip(numbers, column_sets):
                readers = [
                    opened.iter_batches(batch_size=rows, row_groups=[number], columns=column_set) for column_set in sets
                ]
                for block in _side_by_side(readers, budget):
                    yield from decoder.blocks(block)


def _texts_of_dictionaries(metadata: parquet.FileMetaData, names: Sequence[str]) -> list[str]:
    """The columns whose texts are stored once each, in a dictionary."""
    text_columns = set()
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for index in range(group.num_columns):
            chunk = group.column(index)
            if chunk.physical_type == "BYTE_ARRAY" and chunk.has_dictionary_page:
                text_columns.add(chunk.path_in_schema)
    return [name for name in names if name in text_columns]


def _row_groups(file: Path) -> list[list[int]]:
    """The row groups; small adjacent ones are read together."""
    from pyarrow import parquet

    metadata = parquet.read_metadata(file)
    groups: list[list[int]] = []
    size = _PART_BYTES
    for group in range(metadata.num_row_groups):
        if size >= _PART_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(group)
        size += metadata.row_group(group).total_byte_size
    return groups


def _column_sets(
    group: parquet.RowGroupMetaData, names: Sequence[str], buffer: int, budget: Budget | None
) -> list[list[str]]:
    """The columns of a row group, in sets that fit the budget when they are read at once."""
    if budget is None or budget.limit is None:
        return [list(names)]
    limit = max(budget.limit, _READ_BYTES)
    needed = dict.fromkeys(names, buffer)
    for index in range(group.num_columns):
        chunk = group.column(index)
        path = chunk.path_in_schema
        name = path if path in needed else path.split(".")[0]
        if name in needed:
            needed[name] += min(_COPIES * chunk.total_uncompressed_size, _COLUMN_BYTES)
    column_sets: list[list[str]] = [[]]
    size = 0
    for name in names:
        if column_sets[-1] and size + needed[name] > limit:
            column_sets.append([])
            size = 0
        column_sets[-1].append(name)
        size += needed[name]
    return column_sets


def _side_by_side(sets: Sequence[Iterator[pa.RecordBatch]], budget: Budget) -> Iterator[Block]:
    """Blocks of the columns of several sets; each set is first read as a whole into an unnamed file."""
    import pyarrow as pa

    with ExitStack() as stack:
        readers = []
        for batches in sets:
            file = stack.enter_context(budget.file())
            writer = None
            for batch in batches:
                writer = writer or pa.ipc.new_stream(pa.PythonFile(file, "w"), batch.schema)
                writer.write_batch(batch)
            if writer is None:
                return
            writer.close()
            file.seek(0)
            readers.append(pa.ipc.open_stream(pa.PythonFile(file, "r")))
        for together in zip(*readers, strict=True):
            yield {name: batch.column(name) for batch in together for name in batch.schema.names}
