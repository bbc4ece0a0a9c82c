"""Tables in files, read in blocks of rows: CSV, TSV, JSON Lines, Parquet and Feather.

PyArrow reads all of them but JSON Lines. Without PyArrow the standard library reads CSV and TSV.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from seqspec.diagnostics.extras import install_command
from seqspec.training.data.files import matching
from seqspec.training.data.samples import Request
from seqspec.training.errors import DataError

MISSING = frozenset({"", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL"})
"""Fields of a CSV file that count as missing."""

FORMATS = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".parquet": "parquet", ".feather": "feather", ".arrow": "feather",
}  # fmt: skip
_SHOWN = 5
_BLOCK_ROWS = 2**14
_BLOCK_VALUES = 2**19
_BLOCK_BYTES = 2**20
"""Bytes of CSV that are parsed at once; PyArrow reads ahead by many blocks, and larger ones take longer too."""
_BLOCK_LINES = 16
"""Lines that a block holds at least, as far as the header says how long they are: a row must be within two blocks."""
_PART_BYTES = 2**26

Block = Mapping[str, Any]
"""Some rows: by column a list of values, or an array of PyArrow."""


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
        read: Callable[[Path, Sequence[str]], Any],
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
        """The rows of these columns, in parts that several machines can read: files, and groups of rows of Parquet."""
        found: list[Callable[[], Iterator[Block]]] = []
        for file, kind in self._kinds.items():
            if kind == "parquet":
                found += [partial(_parquet, file, names, groups) for groups in _row_groups(file)]
            else:
                found.append(partial(_blocks, file, kind, self._delimiter, names))
        return found

    def size(self) -> int:
        """Bytes of the files."""
        return sum(Path(file).stat().st_size for file in self.files)

    def row_name(self, row: int) -> str:
        """What messages call a row."""
        name = Path(self.files[0]).name if len(self.files) == 1 else "row"
        return f"{name} row {row + 1:,}"


def open_table(request: Request, pattern: str, format: str | None = None, delimiter: str | None = None) -> Table:
    """The table of a path or a glob pattern; raises `DataError`, as reading its rows does."""
    files = matching(request, pattern)
    known: list[str] = []
    kinds = {}
    for index, file in enumerate(files):
        kind = format or FORMATS.get(file.suffix.lower())
        if kind is None:
            formats = ", ".join(dict.fromkeys(FORMATS.values()))
            message = f"{file.name}: unknown table format"
            raise DataError([request.violation("data-unreadable", message, "path", help=f"set format: {formats}")])
        kinds[file] = kind
        names = _guarded(request, file, partial(_names, file, kind, delimiter, request))
        if index and set(names) != set(known):
            differing = ", ".join(sorted(set(names) ^ set(known))[:_SHOWN])
            message = f"{file.name} has other columns than {files[0].name}: {differing}"
            raise DataError([request.violation("data-column", message, "path")])
        known = known or names

    def read(file: Path, names: Sequence[str]) -> Iterator[Block]:
        blocks = iter(_blocks(file, kinds[file], delimiter, names))
        while True:
            block = _guarded(request, file, partial(next, blocks, None))
            if block is None:
                return
            yield block

    return Table(files, known, read, kinds, delimiter)


def _guarded(request: Request, file: Path, step: Callable[[], Any]) -> Any:
    try:
        return step()
    except UnicodeDecodeError as error:
        message = f"{file.name} is not UTF-8 text: byte 0x{error.object[error.start]:02x} at position {error.start:,}"
        raise DataError([request.violation("data-unreadable", message, "path", help="save the file as UTF-8")])
    except (OSError, ValueError, csv.Error) as error:
        # PyArrow's errors are both OSError and ValueError without an error number.
        known = isinstance(error, OSError) and error.strerror
        reason = str(known).lower() if known else str(error).splitlines()[0][:200] if str(error) else "cannot be read"
        if reason == "unexpected end of data":
            reason = "a quoted field is not closed"
        raise DataError([request.violation("data-unreadable", f"{file.name}: {reason}", "path")])


def _names(file: Path, kind: str, delimiter: str | None, request: Request) -> list[str]:
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
        raise DataError([request.violation("data-unreadable", message, "path", help=help)])
    if kind == "parquet":
        return list(parquet.read_schema(file).names)
    with pa.memory_map(str(file)) as mapped:
        return list(pa.ipc.open_file(mapped).schema.names)


def _csv_header(file: Path, kind: str, delimiter: str | None) -> tuple[list[str], int]:
    """The columns of a CSV file, and how many lines their names take."""
    with open(file, encoding="utf-8-sig", newline="") as stream:
        reader = _csv_reader(stream, kind, delimiter)
        header = next(filter(None, reader), None)
        if not header:
            raise ValueError("the file is empty")
        header = [name.strip() for name in header]
        if len(set(header)) != len(header):
            twice = next(name for name in header if header.count(name) > 1)
            raise ValueError(f"two columns are named {twice!r}")
        return header, reader.line_num


def _blocks(file: Path, kind: str, delimiter: str | None, names: Sequence[str]) -> Iterator[Block]:
    match kind:
        case "jsonl":
            return _lists(([record.get(name) for name in names] for record in _records(file)), names)
        case "parquet":
            return _parquet(file, names)
        case "feather":
            return _feather(file, names)
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        return _csv_lists(file, kind, delimiter, names)
    return _csv_arrow(file, kind, delimiter, names)


def _lists(rows: Iterator[Sequence[Any]], names: Sequence[str]) -> Iterator[Block]:
    while block := list(islice(rows, _BLOCK_ROWS)):
        yield dict(zip(names, map(list, zip(*block))))


def _csv_reader(stream: Any, kind: str, delimiter: str | None) -> Any:
    return csv.reader(stream, delimiter=delimiter or ("\t" if kind == "tsv" else ","), strict=True)


def _csv_lists(file: Path, kind: str, delimiter: str | None, names: Sequence[str]) -> Iterator[Block]:
    with open(file, encoding="utf-8-sig", newline="") as stream:
        reader = _csv_reader(stream, kind, delimiter)
        header = [name.strip() for name in next(filter(None, reader))]
        chosen = [header.index(name) for name in names]
        yield from _lists(_csv_rows(reader, len(header), chosen), names)


def _csv_rows(reader: Any, width: int, chosen: Sequence[int]) -> Iterator[list[str | None]]:
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
        # The standard library names the line, and what it reads all the same is read.
        for block in _csv_lists(file, kind, delimiter, names):
            count = len(block[names[0]])
            if count > done:
                yield {name: values[done:] for name, values in block.items()} if done else block
            done = max(0, done - count)


def _records(file: Path) -> Iterator[dict[str, Any]]:
    with open(file, encoding="utf-8-sig") as stream:
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
    """The groups of rows, of which neighbours that are small are read together."""
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


def _parquet(file: Path, names: Sequence[str], groups: Sequence[int] | None = None) -> Iterator[Block]:
    from pyarrow import parquet

    # With a buffer, a group of rows is not in memory as a whole.
    with parquet.ParquetFile(file, buffer_size=2**20, pre_buffer=False) as opened:
        rows = max(1, _BLOCK_VALUES // max(1, len(names)))
        for batch in opened.iter_batches(batch_size=rows, row_groups=groups, columns=list(names)):
            yield {name: batch.column(name) for name in names}


def _feather(file: Path, names: Sequence[str]) -> Iterator[Block]:
    import pyarrow as pa

    with pa.OSFile(str(file)) as stream:
        opened = pa.ipc.open_file(stream)
        for number in range(opened.num_record_batches):
            batch = opened.get_batch(number)
            yield {name: batch.column(name) for name in names}
