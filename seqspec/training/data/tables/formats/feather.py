"""Feather, the file format of Apache Arrow."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from seqspec.training.data.shards import Block
from seqspec.training.data.stored import Budget
from seqspec.training.data.tables.formats.base import MissingPyArrow, TableFormat, distinct


class Feather(TableFormat):
    """Read through a memory map, one record batch after another."""

    def names(self, file: Path) -> list[str]:
        try:
            import pyarrow as pa
        except ImportError:
            raise MissingPyArrow
        with pa.memory_map(str(file)) as mapped:
            return distinct(pa.ipc.open_file(mapped).schema.names)

    def blocks(self, file: Path, names: Sequence[str], budget: Budget | None = None) -> Iterator[Block]:
        import pyarrow as pa

        with pa.OSFile(str(file)) as stream:
            opened = pa.ipc.open_file(stream)
            for number in range(opened.num_record_batches):
                batch = opened.get_batch(number)
                yield {name: batch.column(name) for name in names}
