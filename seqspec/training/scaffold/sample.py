"""The rows of a table that are profiled: all of them, or a random sample in bounded memory."""

from __future__ import annotations

import codecs
import csv
import itertools
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seqspec.core.api.data import DEFAULT_DIALECT, TABLE_FORMATS, TABLE_OPTIONS, Dialect, table_format_of
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.samples import Array
from seqspec.training.data.shards import Column
from seqspec.training.data.tables.formats.base import DELIMITERS, open_compressed, open_text
from seqspec.training.data.tables.formats.delimited import title_rows
from seqspec.training.data.tables.number_text import NumberText
from seqspec.training.data.tables.table_files import open_table
from seqspec.training.errors import RunError
from seqspec.training.scaffold.decimal_marks import decimal_mark
from seqspec.training.scaffold.text import toml

if TYPE_CHECKING:
    import pyarrow as pa

MAX_ROWS = 1_000_000
"""Tables with at most this many rows are profiled as a whole."""
SAMPLED_ROWS = 200_000
MAX_BYTES = 2**28
"""Bytes of rows beyond which fewer are kept."""
_SEED = 0
_SNIFFED_LINES = 100
_CHUNK = 2**20
_ASCII = 0.4
"""The share of letters of ASCII in any table in UTF-16, with its delimiters and digits."""
_WORD_ROWS, _MAX_WORDS, _MAX_WORD = 1_000, 3, 20
"""Rows whose words are looked at, and words and characters of each that are shown."""


class TableSample(NamedTuple):
    """Rows of a table.

    Attributes:
        rows: Number of rows of the table.
        columns: The sampled values of each column as text, null where a value is missing.
        positions: The row of each sampled value in the table, ascending.
        dialect: How the text of a CSV file is written, where it is not the default.
        nested: Columns of lists, objects or bytes.
    """

    rows: int
    columns: dict[str, pa.ChunkedArray]
    positions: Array
    dialect: Dialect = DEFAULT_DIALECT
    nested: frozenset[str] = frozenset()

    @property
    def complete(self) -> bool:
        """Whether these are all rows."""
        return len(self.positions) == self.rows

    def with_value(self, name: str) -> TableSample:
        """The rows in which a column has a value; all rows if it has none."""
        import pyarrow.compute as pc

        column = self.columns[name]
        if column.null_count in (0, len(column)):
            return self
        known = pc.is_valid(column)
        columns = {column: values.filter(known) for column, values in self.columns.items()}
        positions = self.positions[known.to_numpy()]
        return self._replace(rows=self.rows * len(positions) // len(column), columns=columns, positions=positions)

    def with_numbers(self, units: Mapping[str, str]) -> TableSample:
        """The rows with plain numbers in columns that have these units."""
        plain = {name: NumberText(self.dialect.decimal, unit) for name, unit in units.items()}
        return self._replace(
            columns={
                name: plain[name].plain(values) if name in plain else values for name, values in self.columns.items()
            }
        )

    def rows_of(self, name: str, value: str) -> list[int]:
        """The rows of a value of a column, in the table, among those that are sampled."""
        import pyarrow.compute as pc

        is_equal = pc.equal(self.columns[name], value).fill_null(False).to_numpy()
        return [int(row) for row in self.positions[is_equal]]

    def trimmed(self, name: str) -> tuple[TableSample, int]:
        """The rows with a column without white space around its values, and how many had some."""
        import pyarrow as pa
        import pyarrow.compute as pc

        column = self.columns[name]
        bare = pc.utf8_trim_whitespace(column)
        changed = int(pc.sum(pc.not_equal(bare, column)).as_py() or 0)
        if not changed:
            return self, 0
        bare = pc.if_else(pc.equal(bare, ""), pa.scalar(None, bare.type), bare)
        return self._replace(columns={**self.columns, name: bare}), changed

    def copies(self, name: str) -> tuple[int, list[int]]:
        """How many rows repeat a value of a column, and which of them are equal to an earlier row in all columns."""
        import pyarrow as pa
        import pyarrow.compute as pc

        counts = pc.value_counts(self.columns[name].drop_null())
        several = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
        chosen = pc.is_in(self.columns[name], value_set=several)
        rows = pa.table(self.columns).filter(chosen)
        seen, copies = set(), []
        for place, row in zip(self.positions[chosen.to_numpy()].tolist(), zip(*(c.to_pylist() for c in rows.columns))):
            if row in seen:
                copies.append(place)
            seen.add(row)
        return len(rows) - len(several), copies


def read_sample(path: str, given: Dialect = DEFAULT_DIALECT) -> TableSample:
    """The rows of a table, or a sample of them with a fixed seed; raises `RunError` where it cannot be read.

    `given` is what the user says of the file.
    """
    declared = TABLE_FORMATS.get(table_format_of(path) or "")
    options = declared.options if declared is not None else frozenset()
    given = Dialect.of({name: value for name, value in given.given().items() if name in options})
    if declared is None or declared.separator is None:
        return _read(path, given)
    dialect = _sniff(path, given)
    sample = _read(path, dialect)
    if dialect.decimal is not None:
        return sample
    mark = decimal_mark(sample.columns.values())
    return sample if mark is None else _read(path, dialect.replaced(decimal=mark))


def _read(path: str, dialect: Dialect) -> TableSample:
    table = open_table(ReadContext("", ()), path, None, dialect)
    generator = np.random.default_rng(_SEED)
    kept = _RowSample()
    for block in table.blocks(table.names):
        count = len(block[table.names[0]])
        kept.add({name: block[name] for name in table.names}, generator.random(count))
    if not kept.rows:
        raise RunError(f"{path} has no rows")
    columns, positions = kept.finish(table.names)
    return TableSample(kept.rows, columns, positions, dialect, frozenset(kept.nested))


def dialect_lines(dialect: Dialect) -> list[str]:
    """The keys of a source for a dialect that is not the default."""
    return [f"{key} = {toml(value)}" for key, value in dialect.given().items()]


def dialect_text(dialect: Dialect) -> str | None:
    """A dialect that is not the default, for the console."""
    said = []
    for name, value in dialect.given().items():
        shown = TABLE_OPTIONS[name].shown
        said.append(f"{name} {value}" if shown is None else shown(value))
    return ", ".join(said) or None


def _sniff(path: str, given: Dialect) -> Dialect:
    """The encoding and the delimiter of a text table, where they are not the defaults.

    With the delimiter, all lines have as many fields.
    """
    try:
        encoding = given.encoding or _encoding(Path(path))
        with open_text(Path(path), newline="", encoding=encoding) as stream:
            lines = list(islice(stream, _SNIFFED_LINES + 1))
    except (OSError, ValueError, EOFError):
        # Reading the table reports what is wrong.
        return given
    own = TABLE_FORMATS[table_format_of(path) or "csv"].separator or ","
    best, most = own, (False, 1)
    for delimiter in (own, *(delimiter for delimiter in DELIMITERS if delimiter != own)):
        widths = _widths(lines, delimiter)
        start = title_rows(widths) if widths else 0
        # A header of semicolons above decimal commas looks like a title above fields.
        score = (start == 0, widths[start]) if widths else (False, 0)
        if widths and len(set(widths[start:])) == 1 and widths[start] > 1 and score > most:
            best, most = delimiter, score
    return given.replaced(delimiter=None if best == own else best, encoding=encoding)


def _encoding(file: Path) -> str | None:
    """The encoding of a file that is not UTF-8, as spreadsheets write it; None if it is UTF-8, or another one."""
    with open_compressed(file) or open(file, "rb") as binary:
        start = binary.read(_CHUNK)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-32" if start.startswith(codecs.BOM_UTF32_LE) else "utf-16"
    # A letter of ASCII is one of two bytes in UTF-16, the other one is zero.
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) > _ASCII * len(start) / 2:
        return "utf-16-le" if odd > even else "utf-16-be"
    for encoding in (None, "cp1252"):
        with open_text(file, encoding=encoding) as stream, suppress(UnicodeError):
            while stream.read(_CHUNK):
                pass
            return encoding
    return None


def read_words(sample: TableSample, secret: Collection[str] = ()) -> list[str]:
    """Some words with letters beyond ASCII, of names of columns and of columns that are not secret."""
    names = [word for name in sample.columns for word in name.split()]
    cells = (
        word
        for name, column in sample.columns.items()
        if name not in secret
        for text in column.slice(0, _WORD_ROWS).drop_null().to_pylist()
        for word in text.split()
    )
    words = (word for word in itertools.chain(names, cells) if not word.isascii() and len(word) <= _MAX_WORD)
    return list(islice(dict.fromkeys(islice(words, _WORD_ROWS)), _MAX_WORDS))


def _widths(lines: Sequence[str], delimiter: str) -> list[int]:
    """The number of fields of each row; the last row may be incomplete."""
    try:
        rows = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error:
        return []
    return rows[:-1] if len(rows) > 2 and len(lines) > _SNIFFED_LINES else rows


class _RowSample:
    """Rows whose random number is below a threshold, which falls when they become too many."""

    def __init__(self) -> None:
        self.rows = 0
        self.nested: set[str] = set()
        self._threshold = 1.0
        self._parts: list[tuple[dict[str, pa.Array], Array, Array]] = []
        self._count = self._bytes = 0

    def add(self, block: dict[str, Column], drawn: Array) -> None:
        import pyarrow as pa

        positions = np.arange(self.rows, self.rows + len(drawn))
        self.rows += len(drawn)
        columns = {name: self._as_text(name, values) for name, values in block.items()}
        chosen = drawn < self._threshold
        if not chosen.all():
            mask = pa.array(chosen)
            columns = {name: values.filter(mask) for name, values in columns.items()}
        self._keep(columns, positions[chosen], drawn[chosen])
        limit = min(MAX_ROWS, self._count * MAX_BYTES // max(1, self._bytes))
        if self._count > limit:
            self._thin(min(SAMPLED_ROWS, limit // 2) / self._count)

    def _keep(self, columns: dict[str, pa.Array], positions: Array, drawn: Array) -> None:
        self._parts.append((columns, positions, drawn))
        self._count += len(positions)
        self._bytes += sum(values.nbytes for values in columns.values())

    def _thin(self, fraction: float) -> None:
        import pyarrow as pa

        self._threshold *= fraction
        parts, self._parts, self._count, self._bytes = self._parts, [], 0, 0
        for columns, positions, drawn in parts:
            chosen = drawn < self._threshold
            mask = pa.array(chosen)
            filtered = {name: values.filter(mask) for name, values in columns.items()}
            self._keep(filtered, positions[chosen], drawn[chosen])

    def _as_text(self, name: str, values: Column) -> pa.Array:
        """Values as text; those of nested columns are dropped."""
        import pyarrow as pa

        if isinstance(values, list):
            if any(isinstance(value, (list, dict, bytes)) for value in values):
                self.nested.add(name)
                return pa.nulls(len(values), pa.string())
            return pa.array([_text_of(value) for value in values], pa.string())
        if isinstance(values, pa.ChunkedArray):
            values = values.combine_chunks()
        if pa.types.is_dictionary(values.type):
            values = values.dictionary_decode()
        if pa.types.is_nested(values.type) or pa.types.is_binary(values.type) or pa.types.is_large_binary(values.type):
            self.nested.add(name)
            return pa.nulls(len(values), pa.string())
        if pa.types.is_floating(values.type):
            import pyarrow.compute as pc

            values = pc.if_else(pc.is_nan(values), None, values)
        try:
            return values if values.type == pa.string() else values.cast(pa.string())
        except pa.ArrowNotImplementedError:
            self.nested.add(name)
            return pa.nulls(len(values), pa.string())

    def finish(self, names: Sequence[str]) -> tuple[dict[str, pa.ChunkedArray], Array]:
        import pyarrow as pa

        if self._count > SAMPLED_ROWS and self.rows > self._count:
            self._thin(SAMPLED_ROWS / self._count)
        columns = {name: pa.chunked_array([part[0][name] for part in self._parts], pa.string()) for name in names}
        return columns, np.concatenate([part[1] for part in self._parts])


def _text_of(value: object) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
    return str(value) or None
