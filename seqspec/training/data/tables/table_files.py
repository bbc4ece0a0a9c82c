"""Tables in files, read in blocks of rows; `formats` has a module for each format."""

from __future__ import annotations

import csv
import re
import shlex
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from pkgutil import resolve_name
from typing import TypeVar

from seqspec.core.api.data import DEFAULT_DIALECT, TABLE_FORMATS, Dialect, table_format_of, unreadable_data
from seqspec.core.api.diagnostics import install_command
from seqspec.core.api.files import LIMITS, Limits, raise_limit_help
from seqspec.core.api.messages import SHOWN, Setting, fmt
from seqspec.training.access import Access
from seqspec.training.data.paths import matching
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.shards import Block, Column
from seqspec.training.data.tables.formats.base import (
    ExpandsTooFar,
    MissingPyArrow,
    OtherDelimiter,
    TableFormat,
    is_utf8_in_disguise,
)
from seqspec.training.errors import DataError

T = TypeVar("T")

_VALUE_BYTES = 4
_COMPARED = 100
"""Values of a lone column that are compared with numbers."""


def table_format(name: str, dialect: Dialect = DEFAULT_DIALECT, limits: Limits = LIMITS) -> TableFormat:
    """The format of a name in `TABLE_FORMATS`."""
    reader: TableFormat = resolve_name(f"seqspec.training.data.tables.formats.{TABLE_FORMATS[name].reader}")(
        dialect, limits
    )
    return reader


class DataTable:
    """One file, or several files with the same columns.

    Args:
        path: The path or the glob pattern, for messages.
        formats: The files, with the format of each.
        names: The columns.
        read: Reads the rows of a file, with the reason where they cannot be read.
    """

    def __init__(
        self,
        path: str,
        formats: Mapping[Path, TableFormat],
        names: Sequence[str],
        read: Callable[[Path, Sequence[str]], Iterator[Block]],
    ) -> None:
        self.path = path
        self.files = [str(file) for file in formats]
        self.names = list(names)
        self._known = frozenset(names)
        self._read = read
        self._formats = formats

    def has(self, name: str) -> bool:
        """Whether the table has a column."""
        return name in self._known

    def names_for_messages(self, access: Access) -> list[str]:
        """The columns; none where the file may not be a table: its rows cannot be read, or are lines without numbers.

        The first line of any text is the name of a column. A file that the caller names is quoted in any case.
        """
        if access.anywhere:
            return self.names
        try:
            block = next(self.blocks(self.names[:1]), None)
        except DataError:
            return []
        if block is None or (len(self.names) == 1 and not _has_numbers(block[self.names[0]])):
            return []
        return self.names

    def blocks(self, names: Sequence[str]) -> Iterator[Block]:
        """The rows of these columns."""
        for file in self._formats:
            yield from self._read(file, names)

    def formats(self) -> Iterator[TableFormat]:
        """The format of each file."""
        return iter(self._formats.values())

    def parts(self, names: Sequence[str]) -> list[Callable[[], Iterator[Block]]]:
        """The rows of these columns, in parts that several machines can read."""
        return [part for file, format in self._formats.items() for part in format.parts(file, names)]

    def size(self) -> int:
        """Bytes of the files."""
        return sum(Path(file).stat().st_size for file in self.files)

    def row_name(self, row: int) -> str:
        """The name of a row in messages."""
        name = Path(self.files[0]).name if len(self.files) == 1 else "row"
        return f"{name} row {row + 1:,}"


def _has_numbers(column: Column) -> bool:
    """Whether the first values of a column are numbers."""
    values = column[:_COMPARED] if isinstance(column, list) else column.slice(0, _COMPARED).to_pylist()
    return all(value is None or re.fullmatch(r"[-+0-9.,eE ]+", str(value)) for value in values)


def open_table(
    context: ReadContext, pattern: str, format: str | None = None, dialect: Dialect | None = None
) -> DataTable:
    """The table of a path or a glob pattern; raises `DataError`, as reading its rows does.

    `dialect` is None for a source that does not declare one.
    """
    files = matching(context, pattern)
    known: list[str] = []
    formats = {}
    dialects = {}
    limits = context.access.limits
    for index, file in enumerate(files):
        name = format or table_format_of(file.name)
        if name is None:
            message = f"{file.name}: unknown table format"
            help = unreadable_data(file.name) or f"set format: {', '.join(TABLE_FORMATS)}"
            raise context.error("data-unreadable", message, "path", help=help)
        formats[file] = table_format(name, dialect or DEFAULT_DIALECT, limits)
        # The others are UTF-8.
        own = dialects[file] = dialect if "encoding" in TABLE_FORMATS[name].options else None
        if own is not None and own.encoding is not None:
            _guarded(context, file, partial(_require_encoding, file, own.encoding, context), own)
        try:
            names = _guarded(context, file, partial(formats[file].names, file), own)
        except MissingPyArrow:
            message, help = f"{file.name}: reading {name} needs PyArrow", install_command("train")
            raise context.error("data-unreadable", message, "path", help=help)
        if len(names) > limits.columns:
            message = f"{file.name} has more than {limits.columns:,} columns"
            raise context.error("data-column", message, "path", help=raise_limit_help("columns"))
        if index and set(names) != set(known):
            differing = ", ".join(sorted(set(names) ^ set(known))[:SHOWN])
            message = f"{file.name} has other columns than {files[0].name}: {differing}"
            raise context.error("data-column", message, "path")
        known = known or names

    def read(file: Path, names: Sequence[str]) -> Iterator[Block]:
        blocks = iter(formats[file].blocks(file, names, context.budget))
        size, stored = 0, file.stat().st_size
        while True:
            block = _guarded(context, file, partial(next, blocks, None), dialects[file])
            if block is None:
                _release()
                return
            size += sum(map(_bytes_of, block.values()))
            context.require_size(file.name, size, stored)
            yield block

    return DataTable(pattern, formats, known, read)


def _require_encoding(file: Path, encoding: str, context: ReadContext) -> None:
    """Raises `DataError` for a file in UTF-8 that is read in another encoding."""
    if is_utf8_in_disguise(file, encoding, context.access.limits.expansion):
        help: str = fmt("set {}", Setting("encoding", "utf-8"))
        if context.trained:
            help = _as_in_training(encoding, "utf-8")
        message = f"{file.name} is UTF-8, but is read as {encoding}"
        raise context.error("data-column", message, "encoding", help=help)


def _as_in_training(encoding: str, own: str) -> str:
    return f"save the file as {encoding}, the encoding of the training data, or name its own: --encoding {own}"


def delimiter_help(delimiter: str, context: ReadContext) -> str:
    """How the delimiter of a file is named."""
    is_tab = delimiter == "\t"
    if context.trained:
        return f"name the delimiter: --delimiter {'tab' if is_tab else shlex.quote(delimiter)}"
    return fmt("set {}", Setting("delimiter", "\\t" if is_tab else delimiter))


def _release() -> None:
    """Returns the memory that PyArrow keeps for its next blocks."""
    if sys.modules.get("pyarrow") is not None:
        import pyarrow as pa

        pa.default_memory_pool().release_unused()


def _bytes_of(column: Column) -> int:
    """The bytes of a part of a column in memory: of numbers, or of Arrow's texts."""
    numbers = _VALUE_BYTES * len(column)
    # The dictionary of a column is the same in each part.
    return numbers if isinstance(column, list) else max(numbers, getattr(column, "indices", column).nbytes)


def _guarded(context: ReadContext, file: Path, step: Callable[[], T], dialect: Dialect | None) -> T:
    """What a step of reading a file returns; raises `DataError` for the errors of the readers.

    `dialect` is None for a file that can only be UTF-8, or whose source declares no encoding.
    """
    try:
        return step()
    except UnicodeDecodeError as error:
        encoding = "UTF-8" if dialect is None or dialect.encoding is None else dialect.encoding
        byte = f"byte 0x{error.object[error.start]:02x} at position {error.start:,}"
        help: str = "save the file as UTF-8"
        if dialect is not None and context.trained:
            help = _as_in_training(encoding, "cp1252")
        elif dialect is not None:
            help = fmt("{}, or set {}", help, Setting("encoding", "cp1252"))
        raise context.error("data-unreadable", f"{file.name} is not {encoding} text: {byte}", "path", help=help)
    except OtherDelimiter as error:
        help_ = delimiter_help(error.delimiter, context)
        raise context.error("data-unreadable", f"{file.name}: {error}", "path", help=help_)
    except ExpandsTooFar as error:
        context.require_size(file.name, error.size + 1, file.stat().st_size)
        raise
    except (OSError, EOFError, zlib.error, ValueError, csv.Error) as error:
        # PyArrow's errors are both OSError and ValueError without an error number.
        known = isinstance(error, OSError) and error.strerror
        reason = str(known).lower() if known else str(error).splitlines()[0][:200] if str(error) else "cannot be read"
        if reason == "unexpected end of data":
            reason = "a quoted field is not closed"
        raise context.error("data-unreadable", f"{file.name}: {reason}", "path")
