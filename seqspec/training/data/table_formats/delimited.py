"""CSV and TSV: read by PyArrow where it is installed, else by the standard library."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from seqspec.training.data.shards import Block
from seqspec.training.data.stored import Budget
from seqspec.training.data.table_formats.base import TableFormat, blocks_of_rows, distinct, open_text

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

MISSING = frozenset({"", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL"})
"""Fields that count as missing."""

_BLOCK_BYTES = 2**20
"""Bytes that are parsed at once; PyArrow reads ahead by many blocks, and larger blocks are slower too."""
_BLOCK_LINES = 16
"""Minimum lines per block, estimated by the length of the header, since a row must not span three blocks."""


class Csv(TableFormat):
    """Fields separated by commas, or by another character."""

    separator = ","

    def names(self, file: Path) -> list[str]:
        return self._header(file)[0]

    def blocks(self, file: Path, names: Sequence[str], budget: Budget | None = None) -> Iterator[Block]:
        try:
            import pyarrow  # noqa: F401
        except ImportError:
            return self._by_csv(file, names)
        return self._by_pyarrow(file, names)

    def _header(self, file: Path) -> tuple[list[str], int]:
        """The columns, and the number of lines of the header."""
        with open_text(file, newline="") as stream:
            reader = self._reader(stream)
            header = next(filter(None, reader), None)
            if not header:
                raise ValueError("the file is empty")
            return distinct(name.strip() for name in header), reader.line_num

    def _reader(self, stream: TextIO) -> CsvReader:
        return csv.reader(stream, delimiter=self.delimiter or self.separator, strict=True)

    def _by_csv(self, file: Path, names: Sequence[str]) -> Iterator[Block]:
        with open_text(file, newline="") as stream:
            reader = self._reader(stream)
            header = [name.strip() for name in next(filter(None, reader))]
            chosen = [header.index(name) for name in names]
            yield from blocks_of_rows(_rows(reader, len(header), chosen), names)

    def _by_pyarrow(self, file: Path, names: Sequence[str]) -> Iterator[Block]:
        import pyarrow as pa
        from pyarrow import csv as arrow

        header, lines = self._header(file)
        size = max(_BLOCK_BYTES, _BLOCK_LINES * sum(map(len, header)))
        done = 0
        try:
            reader = arrow.open_csv(
                file,
                read_options=arrow.ReadOptions(block_size=size, column_names=header, skip_rows=lines),
                parse_options=arrow.ParseOptions(
                    delimiter=self.delimiter or self.separator, newlines_in_values=True
                ),
                convert_options=arrow.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), include_columns=list(names),
                    null_values=sorted(MISSING), strings_can_be_null=True,
                ),
            )  # fmt: skip
            for batch in reader:
                if batch.num_rows:
                    yield {name: batch.column(name) for name in names}
                done += batch.num_rows
        except pa.ArrowInvalid:
            # The standard library reports the line number, and accepts some rows that PyArrow rejects.
            for block in self._by_csv(file, names):
                count = len(block[names[0]])
                if count > done:
                    yield {name: values[done:] for name, values in block.items()} if done else block
                done = max(0, done - count)


class Tsv(Csv):
    """Fields separated by tabs."""

    separator = "\t"


def _rows(reader: CsvReader, width: int, chosen: Sequence[int]) -> Iterator[list[str | None]]:
    for row in reader:
        if len(row) == width:
            yield [None if row[index] in MISSING else row[index] for index in chosen]
        elif row:
            raise ValueError(f"line {reader.line_num} has {len(row)} fields, the header has {width}")
