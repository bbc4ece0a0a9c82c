"""The base class of table formats, and the reading of text files that may be compressed."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TextIO

from seqspec.core.diagnostics.errors import install_command
from seqspec.training.data.shards import Block
from seqspec.training.data.stored import Budget

BLOCK_ROWS = 2**14
"""Rows of a block of a text format."""
BLOCK_VALUES = 2**19
"""Values of a block of a columnar format."""


class MissingPyArrow(Exception):
    """The format needs PyArrow, which is not installed."""


class TableFormat(ABC):
    """How the files of a format are read.

    The methods raise `OSError`, `ValueError` or `csv.Error` with the reason where a file cannot be read, and
    `MissingPyArrow`.

    Attributes:
        delimiter: What separates the fields of a line, in formats that have one.
    """

    def __init__(self, delimiter: str | None = None) -> None:
        self.delimiter = delimiter

    @abstractmethod
    def names(self, file: Path) -> list[str]:
        """The columns of a file."""

    @abstractmethod
    def blocks(self, file: Path, names: Sequence[str], budget: Budget | None = None) -> Iterator[Block]:
        """The rows of these columns, within the budget for memory; their order is that of the file for any columns."""

    def parts(self, file: Path, names: Sequence[str]) -> list[Callable[[], Iterator[Block]]]:
        """The rows of these columns, in parts that several machines can read."""
        return [partial(self.blocks, file, names)]


def distinct(names: Iterable[str]) -> list[str]:
    """The names of columns; raises `ValueError` if two are equal."""
    listed = list(names)
    twice = next((name for name in listed if listed.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"two columns are named {twice!r}")
    return listed


def blocks_of_rows(rows: Iterator[Sequence[object]], names: Sequence[str]) -> Iterator[Block]:
    """Blocks of rows that hold one value per column."""
    while block := list(islice(rows, BLOCK_ROWS)):
        yield dict(zip(names, map(list, zip(*block))))


def open_text(file: Path, newline: str | None = None) -> TextIO:
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
