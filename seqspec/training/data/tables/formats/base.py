"""The base class of table formats, and the reading of text files that may be compressed."""

from __future__ import annotations

import codecs
import io
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from seqspec.core.api.data import DEFAULT_DIALECT, Dialect
from seqspec.core.api.diagnostics import install_command
from seqspec.core.api.files import LIMITS, SMALL_BYTES, Limits
from seqspec.training.data.shards import Block
from seqspec.training.data.stored import Budget

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BLOCK_ROWS = 2**14
"""Rows of a block of a text format, at most."""
BLOCK_VALUES = 2**19
"""Values of a block, at most."""


_MAX_LINE = 2**24
"""Maximum number of characters of a line."""
_SEARCHED = 2**26
"""Bytes in which characters beyond ASCII are looked for."""
_BUFFER_BYTES = 2**17
_DECODED_BYTES = 2**26
"""Bytes of decoded texts in a block."""


class MissingPyArrow(Exception):
    """The format needs PyArrow, which is not installed."""


DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
"""The characters that separate the fields of tables, and what they are called."""


def delimiter_name(delimiter: str) -> str:
    """What a delimiter is called: "commas"."""
    return DELIMITERS.get(delimiter, repr(delimiter))


class OtherDelimiter(ValueError):
    """The fields of a file are separated by another character, `delimiter`, than that of its source, `own`."""

    def __init__(self, delimiter: str, own: str) -> None:
        super().__init__(
            f"its fields are separated by {delimiter_name(delimiter)}, but it is read as separated by "
            f"{delimiter_name(own)}"
        )
        self.delimiter = delimiter


class TableFormat(ABC):
    """How the files of a format are read.

    The methods raise `OSError`, `ValueError` or `csv.Error` with the reason where a file cannot be read, and
    `MissingPyArrow`.

    Attributes:
        dialect: How the text of CSV files is written.
        limits: Limits on the number of columns, and on the text of a compressed file.
    """

    def __init__(self, dialect: Dialect = DEFAULT_DIALECT, limits: Limits = LIMITS) -> None:
        self.dialect = dialect
        self.limits = limits

    @abstractmethod
    def names(self, file: Path) -> list[str]:
        """The columns of a file; where they are more than the limit, as many as show that."""

    @abstractmethod
    def blocks(self, file: Path, names: Sequence[str], budget: Budget | None = None) -> Iterator[Block]:
        """The rows of these columns, within the budget for memory; their order is that of the file for any columns."""

    def parts(self, file: Path, names: Sequence[str]) -> list[Callable[[], Iterator[Block]]]:
        """The rows of these columns, in parts that several machines can read."""
        return [partial(self.blocks, file, names)]


def distinct(names: Iterable[str]) -> list[str]:
    """The names of columns; raises `ValueError` if two are equal."""
    listed = list(names)
    counts = Counter(listed)
    twice = next((name for name in listed if counts[name] > 1), None)
    if twice is not None:
        raise ValueError(f"two columns are named {twice!r}")
    return listed


def blocks_of_rows(rows: Iterator[Sequence[object]], names: Sequence[str]) -> Iterator[Block]:
    """Blocks of rows that hold one value per column; fewer rows in a wide table."""
    size = max(1, min(BLOCK_ROWS, BLOCK_VALUES // max(1, len(names))))
    while block := list(islice(rows, size)):
        yield dict(zip(names, map(list, zip(*block))))


class ExpandsTooFar(ValueError):
    """A compressed file whose text is far larger than the file; `size` are the bytes that were read."""

    def __init__(self, size: int) -> None:
        super().__init__(f"more than {size:,} bytes when it is decompressed")
        self.size = size


class _Decompressed(io.RawIOBase):
    """The bytes of a compressed file, up to a limit."""

    def __init__(self, stream: io.BufferedIOBase, limit: int) -> None:
        self._stream, self._left, self._limit = stream, limit, limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer)
        data = self._stream.read(len(view))
        self._left -= len(data)
        if self._left < 0:
            raise ExpandsTooFar(self._limit)
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


def open_compressed(file: Path, expansion: int = LIMITS.expansion) -> io.BufferedReader | None:
    """The bytes of a file whose suffix says that it is compressed; None for another one.

    Reading raises `ExpandsTooFar` beyond the size of the file times `expansion`.
    """
    stream: io.BufferedIOBase
    match file.suffix.lower():
        case ".gz":
            import gzip

            stream = gzip.GzipFile(file)
        case ".bz2":
            import bz2

            stream = bz2.BZ2File(file)
        case ".zst":
            try:
                import pyarrow as pa
            except ImportError:
                raise ValueError(f"reading .zst files needs PyArrow: {install_command('train')}")
            stream = pa.CompressedInputStream(pa.OSFile(str(file)), "zstd")
        case _:
            return None
    limit = max(SMALL_BYTES, expansion * file.stat().st_size)
    return io.BufferedReader(_Decompressed(stream, limit), _BUFFER_BYTES)


def open_text(
    file: Path, newline: str | None = None, expansion: int = LIMITS.expansion, encoding: str | None = None
) -> TextIO:
    """A text file, by default in UTF-8, decompressed if its suffix says that it is; see `open_compressed`."""
    encoding = "utf-8-sig" if encoding is None or is_utf8(encoding) else encoding
    compressed = open_compressed(file, expansion)
    if compressed is not None:
        return io.TextIOWrapper(compressed, encoding=encoding, newline=newline)
    return open(file, encoding=encoding, newline=newline)


def is_utf8(encoding: str) -> bool:
    """Whether the name of an encoding means UTF-8."""
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")


def is_utf8_in_disguise(file: Path, encoding: str, expansion: int = LIMITS.expansion) -> bool:
    """Whether a text that is read in another encoding is UTF-8, by its first characters beyond ASCII."""
    if is_utf8(encoding):
        return False
    with open_compressed(file, expansion) or open(file, "rb") as stream:
        for _ in range(_SEARCHED // _BUFFER_BYTES):
            part = stream.read(_BUFFER_BYTES)
            if not part or not part.isascii():
                break
        else:
            return False
        more = stream.read(_BUFFER_BYTES)
    try:
        # The last character can be cut off, but not that of the file.
        codecs.getincrementaldecoder("utf-8")().decode(part + more, final=len(more) < _BUFFER_BYTES)
    except UnicodeDecodeError:
        return False
    return not part.isascii()


class DictionaryDecoder:
    """Decodes columns of texts that are stored once each: a small file can have few long ones in many rows."""

    def __init__(self, file: Path, expansion: int) -> None:
        self._limit = max(SMALL_BYTES, expansion * file.stat().st_size)
        self._size = 0

    def blocks(self, block: Block) -> Iterator[Block]:
        """A block in parts of a limited size, with dictionaries of texts decoded; raises `ExpandsTooFar`."""
        import pyarrow as pa
        import pyarrow.compute as pc

        columns: dict[str, pa.Array] = dict(block)
        texts = {
            name: column
            for name, column in columns.items()
            if pa.types.is_dictionary(column.type) and pa.types.is_string(column.type.value_type)
        }
        size = 0
        for column in texts.values():
            size += pc.sum(pc.take(pc.binary_length(column.dictionary), column.indices)).as_py() or 0
        self._size += size
        if self._size > self._limit:
            raise ExpandsTooFar(self._limit)
        count = len(next(iter(columns.values())))
        step = max(1, count * _DECODED_BYTES // max(_DECODED_BYTES, size))
        for start in range(0, count, step):
            parts = {name: column.slice(start, step) for name, column in columns.items()}
            yield {name: part.dictionary_decode() if name in texts else part for name, part in parts.items()}


def lines(stream: TextIO) -> Iterator[str]:
    """The lines of a text; raises `ValueError` for one that is too long, as in a file that is not text."""
    number = 0
    while line := stream.readline(_MAX_LINE):
        number += 1
        if len(line) == _MAX_LINE:
            raise ValueError(f"line {number:,} has more than {_MAX_LINE:,} characters")
        yield line
