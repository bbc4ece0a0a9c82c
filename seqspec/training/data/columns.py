"""Columns of a table as arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from seqspec.core.api.data import NumberColumn
from seqspec.core.api.diagnostics import Violation
from seqspec.training.data.column_findings.wrong_values import doubtful_values, require_kinds
from seqspec.training.data.encoding.raw import Kinds, RawColumns, RawReader
from seqspec.training.data.label_column import LabelColumn, TextAfterNumbers
from seqspec.training.data.number_columns import NumberBlocks, UnreadableCell, rounding
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.samples import Array
from seqspec.training.data.shards import Block, Shards
from seqspec.training.data.stored import Collector, TextCollector, Values
from seqspec.training.data.tables.cells import as_list, as_objects
from seqspec.training.data.tables.decimal_points import decimal_points
from seqspec.training.data.tables.identifiers import Identifiers
from seqspec.training.data.tables.number_text import NumberText
from seqspec.training.data.tables.point_thousands import PointThousands, doubtful, watched
from seqspec.training.data.tables.table_files import DataTable
from seqspec.training.errors import DataError


class ColumnSelection(NamedTuple):
    """The columns of a table to read.

    Attributes:
        numbers: Columns of numbers by the key of the source that names them; a missing value is NaN.
        texts: Columns of text; a missing value is the empty string.
        label: The labels: numbers where all are, else strings, None where one is missing.
        others: Columns as they are stored, for splits.
        id: The column whose values identify the rows.
        kinds: Columns to encode.
        encodable: Whether `[data.columns]` can encode the columns of numbers that are text.
        lenient: Whether a few cells without a number are read as missing values, and returned.
        decimal: The decimal mark of the source.
        unit: That of the labels.
    """

    numbers: Mapping[str, Sequence[str]]
    texts: Sequence[str] = ()
    label: str | None = None
    others: Sequence[str] = ()
    id: str | None = None
    kinds: Kinds = MappingProxyType({})
    encodable: bool = False
    lenient: bool = False
    decimal: str | None = None
    unit: str | None = None

    def names(self) -> list[str]:
        """All columns, each once."""
        numbers = (name for names in self.numbers.values() for name in names)
        names = [*numbers, *self.texts, self.label, *self.others, self.id, *self.kinds]
        return list(dict.fromkeys(name for name in names if name is not None))

    def number_columns(self) -> list[str]:
        """The columns of numbers."""
        kinds = (name for name, kind in self.kinds.items() if isinstance(kind, NumberColumn))
        return [*(name for names in self.numbers.values() for name in names), *kinds]

    def labels(self) -> list[str]:
        """The label columns."""
        return [*self.numbers.get("label", ()), *(() if self.label is None else (self.label,))]


class Columns(NamedTuple):
    """Columns as arrays: groups of numbers as float32 of shape (rows, columns), the others by their name.

    `ids` are the identifiers as text, `raw` the raw rows of the columns to encode and what they refer to; `unreadable`
    are cells that are read as missing values, `thousands` the numbers of a file for a trained model that may be
    thousands.
    """

    numbers: Mapping[str, Values]
    texts: Mapping[str, Values]
    label: Array | None
    others: Mapping[str, Array]
    warnings: Sequence[Violation] = ()
    ids: Values | None = None
    raw: tuple[Values, RawColumns] | None = None
    unreadable: Sequence[UnreadableCell] = ()
    thousands: Mapping[str, PointThousands] = MappingProxyType({})


def collect(table: DataTable, context: ReadContext, wanted: ColumnSelection) -> Columns:
    """Reads columns of a table.

    Raises:
        DataError: The table cannot be read, has no rows, or has text where numbers are expected.
    """
    plain = wanted.numbers and not wanted.texts and not wanted.kinds and wanted.unit is None
    if context.shards is not None and plain and context.is_sharded(table.size()):
        return _sharded(context.shards, table, context, wanted)
    thousands: dict[str, PointThousands] = {}
    is_watched = context.trained and wanted.decimal != ","
    names = [*wanted.number_columns(), *wanted.labels()]
    blocks = watched(table.blocks, names, thousands) if is_watched else table.blocks
    try:
        columns = _read_columns(table, context, wanted, blocks=blocks)
    except DataError:
        # A file of another locale has other errors too, which hide the reason.
        problems = decimal_points(table, wanted.number_columns(), context)
        if any(problem.path == (*context.path, "decimal") for problem in problems):
            raise DataError(problems)
        raise
    numbers = wanted.number_columns()
    if wanted.label is not None and columns.label is not None and columns.label.dtype != object:
        numbers.append(wanted.label)
    if problems := decimal_points(table, numbers, context):
        raise DataError(problems)
    return columns._replace(thousands=doubtful(thousands))


def _sharded(shards: Shards[Any], table: DataTable, context: ReadContext, wanted: ColumnSelection) -> Columns:
    """The columns: numbers sharded among machines, the others local."""
    kept = wanted._replace(numbers={}).names()
    sharded = shards.columns(table.parts(wanted.names()), table.size(), wanted.numbers, kept)
    if sharded.failed:
        # Reads the rows locally only to find out what is wrong; no values are kept.
        _read_columns(table, context, wanted, keep=False)
        raise context.error("data-unreadable", f"{table.path} cannot be read by the Ray cluster", "path")
    count = len(next(iter(sharded.numbers.values())))
    if not count:
        raise _no_rows(table, context)
    warnings = rounding(sharded.rounded, context)
    if not kept:
        return Columns(sharded.numbers, {}, None, {}, warnings)
    rest = _read_columns(table, context, wanted._replace(numbers={}), blocks=lambda _: iter(sharded.blocks))
    return Columns(sharded.numbers, {}, rest.label, rest.others, warnings, rest.ids)


def _read_columns(
    table: DataTable,
    context: ReadContext,
    wanted: ColumnSelection,
    *,
    blocks: Callable[[Sequence[str]], Iterator[Block]] | None = None,
    keep: bool = True,
) -> Columns:
    """The columns of a table, or of these blocks of it."""
    text_labels = False
    while True:
        try:
            columns = _BlockReader(wanted, context, keep=keep, text_labels=text_labels).read(blocks or table.blocks)
            break
        except TextAfterNumbers:
            # Read again outside of the handler, which would keep what the first reader has in memory.
            text_labels = True
    if columns is None:
        raise _no_rows(table, context)
    return columns


def _no_rows(table: DataTable, context: ReadContext) -> DataError:
    return context.error("data-unreadable", f"{table.path} has no rows", "path")


class _BlockReader:
    """Collects the columns of a table from its blocks.

    Args:
        wanted: The columns.
        context: The context in which the table is read.
        keep: Whether numbers are kept, and not only checked.
        text_labels: Whether the labels are known to be text.
    """

    def __init__(self, wanted: ColumnSelection, context: ReadContext, *, keep: bool, text_labels: bool) -> None:
        budget = context.budget
        self._wanted, self._context = wanted, context
        self._text = NumberText(wanted.decimal, wanted.unit)
        self._numeric = NumberBlocks(wanted.numbers, lenient=wanted.lenient)
        shapes = {key: len(names) for key, names in wanted.numbers.items() if keep}
        self._matrices = {key: Collector(budget, (count,), np.float32) for key, count in shapes.items()}
        self._strings = {name: TextCollector(budget) for name in wanted.texts}
        self._shared: dict[str, str] = {}
        self._label: LabelColumn | None = None
        if wanted.label is not None:
            self._label = LabelColumn(wanted.label, context, self._shared, as_text=text_labels)
        self._others: dict[str, list[Array]] = {name: [] for name in wanted.others}
        self._identifiers = Identifiers(wanted.id, budget) if wanted.id is not None else None
        self._encoded = RawReader(wanted.kinds, budget, wanted.decimal) if wanted.kinds else None

    def read(self, blocks: Callable[[Sequence[str]], Iterator[Block]]) -> Columns | None:
        """The columns of all blocks; None without a row. Raises `TextAfterNumbers` as `LabelColumn` does."""
        names, rows = self._wanted.names(), 0
        try:
            for block in blocks(names):
                count = len(block[names[0]])
                self._add(block, count, rows)
                rows += count
        except OSError as error:
            raise DataError([disk_full(self._context, error)])
        if not rows:
            return None
        self._require_valid(rows)
        return self._finish()

    def _add(self, block: Block, count: int, start: int) -> None:
        wanted = self._wanted
        if wanted.unit is not None:
            block = {**block, **{name: self._text.plain(block[name]) for name in wanted.labels()}}
        numbers = self._numeric.convert(block, count, start)
        for key, matrix in self._matrices.items() if not self._numeric.bad else ():
            matrix.append(numbers[key])
        for name, collector in self._strings.items():
            collector.extend(["" if value is None else str(value) for value in as_list(block[name])])
        if self._label is not None and wanted.label is not None:
            self._label.add(block[wanted.label], start)
        for name, parts in self._others.items():
            parts.append(as_objects(as_list(block[name]), self._shared))
        if self._identifiers is not None:
            self._identifiers.add(block[self._identifiers.column])
        if self._encoded is not None:
            self._encoded.append({name: block[name] for name in wanted.kinds})

    def _require_valid(self, rows: int) -> None:
        """Raises `DataError` for values that are not numbers, identifiers that repeat and values of another kind."""
        if self._numeric.bad:
            encodable = ("features",) if self._wanted.encodable else ()
            raise DataError(
                [
                    problem.violation(key, name, rows, self._context, encodable=key in encodable)
                    for (key, name), problem in self._numeric.bad.items()
                ]
            )
        if self._identifiers is not None and not self._context.trained:
            self._identifiers.require_unique(self._context)
        if self._encoded is not None:
            require_kinds(self._encoded, self._context)

    def _finish(self) -> Columns:
        label, identifiers, encoded = self._label, self._identifiers, self._encoded
        return Columns(
            {key: collector.finish() for key, collector in self._matrices.items()},
            {name: collector.finish() for name, collector in self._strings.items()},
            None if label is None else label.finish(),
            {name: np.concatenate(parts) for name, parts in self._others.items()},
            [
                *rounding(self._numeric.rounded, self._context),
                *(label.untrimmed() if label is not None else ()),
                *(doubtful_values(encoded, self._context) if encoded is not None else ()),
            ],
            None if identifiers is None else identifiers.values(),
            None if encoded is None else encoded.finish(),
            list(self._numeric.unreadable.values()),
        )


def disk_full(context: ReadContext, error: OSError) -> Violation:
    """The violation for data that cannot be kept on disk while it is streamed."""
    reason = (error.strerror or "cannot be written").lower()
    message = f"the data cannot be written to {context.budget.folder or 'the temporary folder'} for streaming: {reason}"
    help = "data that is not stored as .npy is copied once to the folder of the runs: choose another one with --runs"
    return context.violation("data-unreadable", message, help=help)
