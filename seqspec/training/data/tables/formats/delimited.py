"""CSV and TSV: read by PyArrow where it is installed, else by the standard library."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from seqspec.training.data.shards import Block, Column
from seqspec.training.data.stored import Budget
from seqspec.training.data.tables.formats.base import (
    DELIMITERS,
    OtherDelimiter,
    TableFormat,
    blocks_of_rows,
    distinct,
    is_utf8,
    lines,
    open_compressed,
    open_text,
)

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

MISSING = frozenset({"", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL"})
"""Fields that count as missing."""

_MAX_BLANK = 10_000
"""Maximum number of empty lines before the header and after it."""
_MAX_NAME, _MAX_LONE_NAME = 1_000, 100
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_OTHER_DELIMITERS = re.compile(r"[;|\t]")
_NO_NAME = re.compile(r"[={}<>@\\]|^(?:--|#!|//?|\[)")

_GROUPED = r"^\s*[-+]?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?\s*$"
"""A number with points between thousands."""
_COMMA_GROUPED = r"^\s*[-+]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?\s*$"
"""A number with commas between thousands."""
_COMMA = r"^(\s*[-+]?[0-9]*),([0-9]+([eE][-+]?[0-9]+)?\s*)$"
"""A number with a decimal comma."""
_POINT = r"^\s*[-+]?([0-9]*\.([0-9]{1,2}|[0-9]{4,})|(0[0-9]*|[0-9]{4,})?\.[0-9]+|[0-9]*\.[0-9]+[eE][-+]?[0-9]+)\s*$"
"""A number with a decimal point: the point cannot be between thousands."""

_LIKE_WORDS = 2
"""Fields of a line that a comma or a bar in a sentence makes, too."""
_VALUE = re.compile(r"\s*[-+]?[0-9][0-9.,:/ T-]*[^\w\s]?\s*")
"""A number, a date or a time."""
_TITLE_LINES = 50
_MAX_TITLES = 10

_BLOCK_BYTES = 2**19
"""Bytes that are parsed at once; PyArrow reads ahead by 32 blocks and more."""
_BLOCK_LINES = 16
"""Minimum lines per block, estimated by the length of the header, since a row must not span three blocks."""


class PointNumbers:
    """The numbers with a decimal point in columns of a file with decimal commas.

    Attributes:
        rows: Rows with such a number, by column.
        first: The first row with one, and its text, by column.
        commas: The columns with decimal commas.
    """

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self.first: dict[str, tuple[int, str]] = {}
        self.commas: set[str] = set()
        self._start = 0

    def add(self, block: Block) -> None:
        """Counts the numbers of the next block."""
        for name, values in block.items():
            places = _places(values, _POINT)
            if places:
                self.rows[name] = self.rows.get(name, 0) + len(places)
                first = values[places[0]]
                self.first.setdefault(name, (self._start + places[0], str(first)))
            if name not in self.commas and _places(values, _COMMA):
                self.commas.add(name)
        self._start += len(next(iter(block.values()), ()))


def _places(values: Column, pattern: str) -> list[int]:
    """The places of the texts that match a pattern."""
    if isinstance(values, list):
        return [place for place, value in enumerate(values) if isinstance(value, str) and re.search(pattern, value)]
    import pyarrow.compute as pc

    matches = pc.match_substring_regex(values, pattern)
    return [int(place) for place in pc.indices_nonzero(matches).to_pylist()] if pc.any(matches).as_py() else []


class Csv(TableFormat):
    """Fields separated by commas, or by another character.

    Attributes:
        points: The numbers with a decimal point that the last reading met, where the file has decimal commas.
    """

    separator = ","
    points: PointNumbers | None = None

    def names(self, file: Path) -> list[str]:
        return self._header(file)[0]

    def blocks(self, file: Path, names: Sequence[str], budget: Budget | None = None) -> Iterator[Block]:
        try:
            import pyarrow  # noqa: F401
        except ImportError:
            blocks = self._by_csv(file, names)
        else:
            blocks = self._by_pyarrow(file, names)
        if self.dialect.decimal == ".":
            return map(_without_commas, blocks)
        if self.dialect.decimal is None:
            return blocks
        self.points = PointNumbers()
        return map(partial(_with_points, points=self.points), blocks)

    def _open(self, file: Path) -> TextIO:
        return open_text(file, newline="", expansion=self.limits.expansion, encoding=self.dialect.encoding)

    def _header(self, file: Path) -> tuple[list[str], int]:
        """The columns, and the number of lines of the header.

        Raises `ValueError` for a file that is not a table, whose text is not in the message: it can be any file.
        """
        with self._open(file) as stream:
            reader = self._reader(stream)
            header = next(filter(None, islice(reader, _MAX_BLANK)), None)
            if not header:
                raise ValueError("the file is empty")
            names, lines_of_header = [name.strip() for name in header], reader.line_num
            reason = not_a_header(names)
            if reason is not None and len(names) == 1 and (other := self._other_delimiter(file)) is not None:
                raise OtherDelimiter(other, self._delimiter)
            if reason is not None:
                raise ValueError(f"not a table: {reason}")
            first = next(filter(None, islice(reader, _MAX_BLANK)), header)
            place = reader.line_num
            titled = _titled(header, (lines_of_header, place), first, reader)
            if len(first) != len(header):
                if (other := self._other_delimiter(file)) is not None:
                    raise OtherDelimiter(other, self._delimiter)
                raise ValueError(titled or _unequal(place, len(first), len(header)))
            if titled is not None:
                raise ValueError(titled)
            return distinct(names), lines_of_header

    @property
    def _delimiter(self) -> str:
        return self.dialect.delimiter or self.separator

    def _other_delimiter(self, file: Path) -> str | None:
        """The delimiter that the first two lines have equally often, in place of that of the file; None for others."""
        with self._open(file) as stream:
            some = list(islice(filter(str.strip, stream), 2))
        for delimiter in DELIMITERS:
            if delimiter != self._delimiter:
                widths = {len(row) for row in csv.reader(some, delimiter=delimiter)}
                if len(some) == 2 and len(widths) == 1 and widths.pop() > _LIKE_WORDS:
                    return delimiter
        return None

    def _reader(self, stream: TextIO) -> CsvReader:
        return csv.reader(lines(stream), delimiter=self._delimiter, strict=True)

    def _by_csv(self, file: Path, names: Sequence[str]) -> Iterator[Block]:
        with self._open(file) as stream:
            reader = self._reader(stream)
            header = [name.strip() for name in next(filter(None, reader))]
            chosen = [header.index(name) for name in names]
            yield from blocks_of_rows(_rows(reader, len(header), chosen), names)

    def _by_pyarrow(self, file: Path, names: Sequence[str]) -> Iterator[Block]:
        import pyarrow as pa
        from pyarrow import csv as arrow

        header, skipped = self._header(file)
        size = max(_BLOCK_BYTES, _BLOCK_LINES * sum(map(len, header)))
        done = 0
        try:
            # PyArrow would decompress without a limit.
            compressed = open_compressed(file, self.limits.expansion)
            reader = arrow.open_csv(
                file if compressed is None else pa.PythonFile(compressed),
                read_options=arrow.ReadOptions(
                    block_size=size, column_names=header, skip_rows=skipped, encoding=self._arrow_encoding()
                ),
                parse_options=arrow.ParseOptions(
                    delimiter=self.dialect.delimiter or self.separator, newlines_in_values=True
                ),
                convert_options=arrow.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    include_columns=list(names),
                    null_values=sorted(MISSING),
                    strings_can_be_null=True,
                ),
            )
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

    def _arrow_encoding(self) -> str:
        encoding = self.dialect.encoding
        return "utf8" if encoding is None or is_utf8(encoding) else encoding


class Tsv(Csv):
    """Fields separated by tabs."""

    separator = "\t"


def _with_points(block: Block, points: PointNumbers) -> Block:
    """The texts of a block, with numbers such as 1.234,5 written as 1234.5."""
    points.add(block)
    return {name: _with_decimal_point(_ungrouped(values, _GROUPED, ".")) for name, values in block.items()}


def _with_decimal_point(values: Column) -> Column:
    if isinstance(values, list):
        return [re.sub(_COMMA, r"\1.\2", value) if isinstance(value, str) else value for value in values]
    import pyarrow.compute as pc

    return pc.replace_substring_regex(values, _COMMA, r"\1.\2")


def _without_commas(block: Block) -> Block:
    """The texts of a block, with numbers such as 1,234.5 written as 1234.5."""
    return {name: _ungrouped(values, _COMMA_GROUPED, ",") for name, values in block.items()}


def _ungrouped(values: Column, grouped: str, mark: str) -> Column:
    """A part of a column; numbers that match `grouped` are without the mark between their thousands."""
    if isinstance(values, list):
        return [
            value.replace(mark, "") if isinstance(value, str) and re.search(grouped, value) else value
            for value in values
        ]
    import pyarrow.compute as pc

    is_grouped = pc.match_substring_regex(values, grouped)
    return pc.if_else(is_grouped, pc.replace_substring(values, mark, ""), values)


def _rows(reader: CsvReader, width: int, chosen: Sequence[int]) -> Iterator[list[str | None]]:
    for row in reader:
        if len(row) == width:
            yield [None if row[index] in MISSING else row[index] for index in chosen]
        elif row:
            raise ValueError(_unequal(reader.line_num, len(row), width))


def _titled(header: list[str], lines: tuple[int, int], first: list[str], reader: CsvReader) -> str | None:
    """The message about lines above the header, which is a later one than the first; None where the first one is it.

    The header has more fields than the lines above it and as many as all lines after it; or it has a name in each
    field, where the first line has several without. `lines` are the numbers of the first two lines with fields.
    """
    rows, numbers = [header, first], list(lines)
    # Reading the rows reports what is wrong with them.
    with suppress(csv.Error):
        for row in islice(reader, _TITLE_LINES):
            if row:
                rows.append(row)
                numbers.append(reader.line_num)
    start = title_rows([len(row) for row in rows])
    if start == 0 and sum(not name.strip() for name in header) > len(header) / 2:
        full = (number for number, row in enumerate(rows[: _MAX_TITLES + 2]) if all(map(str.strip, row)))
        start = next(full, 0)
        if not len(set(rows[start])) == len(rows[start]) == len(header):
            return None
    if start == 0:
        return None
    if start == 1 and _are_names(header) and any(map(_VALUE.fullmatch, rows[start])):
        return f"the header has {len(header)} names, all lines after it have {len(first)} fields: add the missing names"
    line = numbers[start] - sum(field.count("\n") for field in rows[start])
    above = "line" if line == 2 else f"{line - 1} lines"
    return (
        f"the first line is not the header, which seems to be line {line}, with {len(rows[start])} columns: "
        f"remove the {above} above it"
    )


def _are_names(fields: Sequence[str]) -> bool:
    """Whether several fields can be the names of columns, unlike those of a title."""
    named = {field.strip() for field in fields}
    return 1 < len(fields) == len(named) and all(named) and not any(map(_VALUE.fullmatch, named))


def title_rows(widths: Sequence[int]) -> int:
    """How many rows before the header have fewer fields than all others; 0 unless there are a few."""
    most = max(widths)
    start = widths.index(most)
    return start if 0 < start <= _MAX_TITLES and len(widths) > start + 1 and set(widths[start:]) == {most} else 0


def _unequal(line: int, fields: int, width: int) -> str:
    return f"line {line} has {fields} fields, the header has {width}"


def not_a_header(names: Sequence[str]) -> str | None:
    """Why the first line of a file is not a list of column names; None if it can be one."""
    if any(_CONTROL.search(name) for name in names):
        return "its first line has control characters"
    if max(map(len, names)) > _MAX_NAME:
        return f"its first line has a text of more than {_MAX_NAME} characters between delimiters"
    if names[0].lstrip().startswith(("{", "[{")):
        return "its first line is JSON"
    if len(names) == 1 and not all(_is_lone_name(part) for part in _OTHER_DELIMITERS.split(names[0])):
        return "its first line has no delimiter and is not the name of a column"
    return None


def _is_lone_name(name: str) -> bool:
    """Whether the only text of a line can name a column, unlike a line of a password file, a key, or a program."""
    return len(name) <= _MAX_LONE_NAME and ":" not in name and not _NO_NAME.search(name)
