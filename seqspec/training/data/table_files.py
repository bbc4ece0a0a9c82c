"""Tables in files, read in blocks of rows: CSV, TSV, JSON Lines, Parquet and Feather.

PyArrow reads all of them but JSON Lines. Without PyArrow the standard library reads CSV and TSV. Text files may be
compressed.
"""

from __future__ import annotations

import csv
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

from seqspec.core.diagnostics.install_hints import install_command
from seqspec.training.data.files import matching
from seqspec.training.data.samples import ReadContext
from seqspec.training.data.shards import Block
from seqspec.training.data.stored import Budget
from seqspec.training.errors import DataError

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

    import pyarrow as pa
    from pyarrow import parquet

T = TypeVar("T")

MISSING = frozenset({"", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL"})
"""Fields of a CSV file that count as missing."""

FORMATS = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".parquet": "parquet", ".feather": "feather", ".arrow": "feather",
}  # fmt: skip
_TEXT_FORMATS = ("csv", "tsv", "jsonl")
COMPRESSED = frozenset({".gz", ".bz2", ".zst"})
"""Further suffixes of compressed text files, as in data.csv.gz; PyArrow recognizes the same ones."""
_MAX_SHOWN = 5
_BLOCK_ROWS = 2**14
_BLOCK_VALUES = 2**19
_BLOCK_BYTES = 2**20
"""Bytes of CSV that are parsed at once; PyArrow reads ahead by many blocks, and larger blocks are slower too."""
_BLOCK_LINES = 16
"""Minimum lines per block, estimated by the length of the header, since a row must not span three blocks."""
_PART_BYTES = 2**26
_READ_BYTES = 2**26
"""Bytes that may be used to read the columns of a row group together, if data is streamed."""
_COLUMN_BYTES = 3 * 2**20
"""Maximum bytes to read a Parquet column: its dictionary and a page, compressed and not, usually of 1 MiB each."""
_COPIES = 4
"""Bytes to read a smaller Parquet column, as a multiple of its size."""


class Table:
    """One file, or several files with the same columns.

    Args:
        files: The files.
        names: The columns.
        read: Reads the rows of a file, with the reason where they cannot be read.
        kinds: The format of each file.
        delimiter: What separates the fields of CSV files; by default that of the format.
    """

    def __init__(
        self,
        files: Sequence[Path],
        names: Sequence[str],
        read: Callable[[Path, Sequence[str]], Iterator[Block]],
        kinds: Mapping[Path, str],
        delimiter: str | None = None,
    ) -> None:
        self.files = [str(file) for file in files]
        self.names = list(names)
        self._read = read
        self._kinds = kinds
        self._delimiter = delimiter

    def blocks(self, names: Sequence[str]) -> Iterator[Block]:
        """The rows of these columns."""
        for file in self.files:
            yield from self._read(Path(file), names)

    def parts(self, names: Sequence[str]) -> list[Callable[[], Iterator[Block]]]:
        """The rows of these columns, in parts that several machines can read: files, and Parquet row groups."""
        found: list[Callable[[], Iterator[Block]]] = []
        for file, kind in self._kinds.items():
            if kind == "parquet":
                found += [partial(_parquet, file, names, None, groups) for groups in _row_groups(file)]
            else:
                found.append(partial(_blocks, file, kind, self._delimiter, names, None))
        return found

    def size(self) -> int:
        """Bytes of the files."""
        return sum(Path(file).stat().st_size for file in self.files)

    def row_name(self, row: int) -> str:
        """The name of a row in messages."""
        name = Path(self.files[0]).name if len(self.files) == 1 else "row"
        return f"{name} row {row + 1:,}"


def open_table(context: ReadContext, pattern: str, format: str | None = None, delimiter: str | None = None) -> Table:
    """The table of a path or a glob pattern; raises `DataError`, as reading its rows does."""
    files = matching(context, pattern)
    known: list[str] = []
    kinds = {}
    for index, file in enumerate(files):
        kind = format or _format_of(file)
        if kind is None:
            formats = ", ".join(dict.fromkeys(FORMATS.values()))
            message = f"{file.name}: unknown table format"
            raise DataError([context.violation("data-unreadable", message, "path", help=f"set format: {formats}")])
        kinds[file] = kind
        names = _guarded(context, file, partial(_names, file, kind, delimiter, context))
        if index and set(names) != set(known):
            differing = ", ".join(sorted(set(names) ^ set(known))[:_MAX_SHOWN])
            message = f"{file.name} has other columns than {files[0].name}: {differing}"
            raise DataError([context.violation("data-column", message, "path")])
        known = known or names

    def read(file: Path, names: Sequence[str]) -> Iterator[Block]:
        blocks = iter(_blocks(file, kinds[file], delimiter, names, context.budget))
        while True:
            block = _guarded(context, file, partial(next, blocks, None))
            if block is None:
                return
            yield block

    return Table(files, known, read, kinds, delimiter)


def _format_of(file: Path) -> str | None:
    """The format of a file by its suffix; None if it is unknown."""
    if file.suffix.lower() not in COMPRESSED:
        return FORMATS.get(file.suffix.lower())
    kind = FORMATS.get(Path(file.stem).suffix.lower())
    return kind if kind in _TEXT_FORMATS else None


def _open_text(file: Path, newline: str | None = None) -> TextIO:
    """A text file, decompressed if its suffix says that it is compressed."""
    match file.suffix.lower():
        case ".gz":
            import gzip

            return gzip.open(file, "rt", encoding="utf-8-sig", newline=newline)
        case ".bz2":
            import bz2

            return bz2.open(file, "rt", encoding="utf-8-sig", newline=newline)
        case ".zst":
            try:
                import pyarrow as pa
            except ImportError:
                raise ValueError(f"reading .zst files needs PyArrow: {install_command('train')}")
            raw = pa.CompressedInputStream(pa.OSFile(str(file)), "zstd")
            return io.TextIOWrapper(raw, encoding="utf-8-sig", newline=newline)
    return open(file, encoding="utf-8-sig", newline=newline)


def _unique(names: Sequence[str]) -> list[str]:
    """The names of columns; raises `ValueError` if two are equal."""
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"two columns are named {twice!r}")
    return list(names)


def _guarded(context: ReadContext, file: Path, step: Callable[[], T]) -> T:
    """What a step of reading a file returns; raises `DataError` for the errors of the readers."""
    try:
        return step()
    except UnicodeDecodeError as error:
        message = f"{file.name} is not UTF-8 text: byte 0x{error.object[error.start]:02x} at position {error.start:,}"
        raise DataError([context.violation("data-unreadable", message, "path", help="save the file as UTF-8")])
    except (OSError, EOFError, zlib.error, ValueError, csv.Error) as error:
        # PyArrow's errors are both OSError and ValueError without an error number.
        known = isinstance(error, OSError) and error.strerror
        reason = str(known).lower() if known else str(error).splitlines()[0][:200] if str(error) else "cannot be read"
        if reason == "unexpected end of data":
            reason = "a quoted field is not closed"
        raise DataError([context.violation("data-unreadable", f"{file.name}: {reason}", "path")])


def _names(file: Path, kind: str, delimiter: str | None, context: ReadContext) -> list[str]:
    if kind == "jsonl":
        return list(dict.fromkeys(name for record in _records(file) for name in record))
    if kind in ("csv", "tsv"):
        return _csv_header(file, kind, delimiter)[0]
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        message = f"{file.name}: reading {kind} needs PyArrow"
        help = install_command("train")
        raise DataError([context.violation("data-unreadable", message, "path", help=help)])
    if kind == "parquet":
        return _unique(parquet.read_schema(file).names)
    with pa.memory_map(str(file)) as mapped:
        return _unique(pa.ipc.open_file(mapped).schema.names)


def _csv_header(file: Path, kind: str, delimiter: str | None) -> tuple[list[str], int]:
    """The columns of a CSV file, and the number of lines of the header."""
    with _open_text(file, newline="") as stream:
        reader = _csv_reader(stream, kind, delimiter)
        header = next(filter(None, reader), None)
        if not header:
            raise ValueError("the file is empty")
        return _unique([name.strip() for name in header]), reader.line_num


def _blocks(
    file: Path, kind: str, delimiter: str | None, names: Sequence[str], budget: Budget | None
) -> Iterator[Block]:
    match kind:
        case "jsonl":
            return _lists(([record.get(name) for name in names] for record in _records(file)), names)
        case "parquet":
            return _parquet(file, names, budget)
        case "feather":
            return _feather(file, names)
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        return _csv_lists(file, kind, delimiter, names)
    return _csv_arrow(file, kind, delimiter, names)


def _lists(rows: Iterator[Sequence[object]], names: Sequence[str]) -> Iterator[Block]:
    while block := list(islice(rows, _BLOCK_ROWS)):
        yield dict(zip(names, map(list, zip(*block))))


def _csv_reader(stream: TextIO, kind: str, delimiter: str | None) -> CsvReader:
    return csv.reader(stream, delimiter=delimiter or ("\t" if kind == "tsv" else ","), strict=True)


def _csv_lists(file: Path, kind: str, delimiter: str | None, names: Sequence[str]) -> Iterator[Block]:
    with _open_text(file, newline="") as stream:
        reader = _csv_reader(stream, kind, delimiter)
        header = [name.strip() for name in next(filter(None, reader))]
        chosen = [header.index(name) for name in names]
        yield from _lists(_csv_rows(reader, len(header), chosen), names)


def _csv_rows(reader: CsvReader, width: int, chosen: Sequence[int]) -> Iterator[list[str | None]]:
    for row in reader:
        if len(row) == width:
            yield [None if row[index] in MISSING else row[index] for index in chosen]
        elif row:
            raise ValueError(f"line {reader.line_num} has {len(row)} fields, the header has {width}")


def _csv_arrow(file: Path, kind: str, delimiter: str | None, names: Sequence[str]) -> Iterator[Block]:
    import pyarrow as pa
    from pyarrow import csv as arrow

    header, lines = _csv_header(file, kind, delimiter)
    size = max(_BLOCK_BYTES, _BLOCK_LINES * sum(map(len, header)))
    done = 0
    try:
        reader = arrow.open_csv(
            file,
            read_options=arrow.ReadOptions(block_size=size, column_names=header, skip_rows=lines),
            parse_options=arrow.ParseOptions(
                delimiter=delimiter or ("\t" if kind == "tsv" else ","), newlines_in_values=True
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
        for block in _csv_lists(file, kind, delimiter, names):
            count = len(block[names[0]])
            if count > done:
                yield {name: values[done:] for name, values in block.items()} if done else block
            done = max(0, done - count)


def _records(file: Path) -> Iterator[dict[str, object]]:
    with _open_text(file) as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                raise ValueError(f"line {number} is not valid JSON")
            if not isinstance(record, dict):
                raise ValueError(f"line {number} is not an object")
            yield record


def _row_groups(file: Path) -> list[list[int]]:
    """The row groups; small adjacent ones are read together."""
    from pyarrow import parquet

    metadata = parquet.read_metadata(file)
    found: list[list[int]] = []
    size = _PART_BYTES
    for group in range(metadata.num_row_groups):
        if size >= _PART_BYTES:
            found.append([])
            size = 0
        found[-1].append(group)
        size += metadata.row_group(group).total_byte_size
    return found


def _parquet(
    file: Path, names: Sequence[str], budget: Budget | None, groups: Sequence[int] | None = None
) -> Iterator[Block]:
    from pyarrow import parquet

    rows = max(1, _BLOCK_VALUES // max(1, len(names)))
    # With buffering (one buffer per column), a row group is never in memory as a whole.
    buffer = min(2**20, max(2**14, _READ_BYTES // (4 * max(1, len(names)))))
    with parquet.ParquetFile(file, buffer_size=buffer, pre_buffer=False) as opened:
        numbers = range(opened.num_row_groups) if groups is None else groups
        parts = [_column_sets(opened.metadata.row_group(number), names, buffer, budget) for number in numbers]
        if all(len(each) == 1 for each in parts):
            for batch in opened.iter_batches(batch_size=rows, row_groups=groups, columns=list(names)):
                yield {name: batch.column(name) for name in names}
            return
        assert budget is not None
        for number, columns in zip(numbers, parts):
            yield from _side_by_side(
                [opened.iter_batches(batch_size=rows, row_groups=[number], columns=each) for each in columns], budget
            )


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
    found: list[list[str]] = [[]]
    size = 0
    for name in names:
        if found[-1] and size + needed[name] > limit:
            found.append([])
            size = 0
        found[-1].append(name)
        size += needed[name]
    return found


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


def _feather(file: Path, names: Sequence[str]) -> Iterator[Block]:
    import pyarrow as pa

    with pa.OSFile(str(file)) as stream:
        opened = pa.ipc.open_file(stream)
        for number in range(opened.num_record_batches):
            batch = opened.get_batch(number)
            yield {name: batch.column(name) for name in names}
