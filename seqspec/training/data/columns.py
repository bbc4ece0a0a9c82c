"""The source `table`, and columns of tables as arrays."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from seqspec.core.diagnostics.message import Message, fmt
from seqspec.core.diagnostics.snippet import Setting, TableName, quote_value, shorten
from seqspec.core.diagnostics.suggest import suggest
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.document.columns import NumberColumn
from seqspec.core.document.sources import SeriesSource, TableSource, TextSource
from seqspec.core.document.target import Regression, Target
from seqspec.core.language.references import escaped
from seqspec.training.data.cells import (
    DECIMAL_HELP,
    EXACT,
    arrow_texts,
    as_list,
    as_numbers,
    is_missing,
    is_number,
    kind_of,
    rounded_integers,
)
from seqspec.training.data.column_findings.doubtful import doubtful_values
from seqspec.training.data.column_findings.wrong_kinds import declaration, require_kinds
from seqspec.training.data.decimal_points import decimal_points
from seqspec.training.data.encoding.booleans import as_booleans
from seqspec.training.data.encoding.raw import Kinds, RawColumns, RawReader
from seqspec.training.data.identifiers import Identifiers
from seqspec.training.data.number_text import NumberText, decimal_of, is_digits_and_marks, unit_of
from seqspec.training.data.point_thousands import PointThousands, doubtful, watched
from seqspec.training.data.samples import Array, ReadContext, Samples
from seqspec.training.data.shards import Block, Column, Shards
from seqspec.training.data.stored import Collector, StoredArray, TextCollector, Values
from seqspec.training.data.table_files import Table, delimiter_help, open_table
from seqspec.training.data.table_formats.base import DELIMITERS, delimiter_name
from seqspec.training.errors import DataError

_MAX_UNREADABLE = 100
"""Cells of a block of a column that are taken for mistakes."""
_MAX_SHOWN = 5
_MAX_LABEL = 40
"""Characters of a label that are shown."""
_MAX_DISTINCT = 1000
KNOWN_HELP = "write known columns as numbers, or as booleans: true and false, yes and no, 1 and 0"
OTHER_KEYS = ("weight", "id", "ignore")
"""The keys of a table that name columns which are neither inputs nor labels."""
_MAX_SHARED = 100_000
"""Maximum number of distinct values of a column that are deduplicated."""


def read_table(source: TableSource, context: ReadContext) -> Samples:
    """The rows of a table as samples."""
    table = open_table(context, source.path, source.format, source.dialect)
    labels = label_columns(source)
    used = {*labels, *context.columns, *(source.ignore or ()), *filter(None, (source.weight, source.id))}
    features = list(source.features or (name for name in table.names if name not in used))
    require_columns(table, source, ("features", "label", *OTHER_KEYS), context)
    if not features:
        raise context.error("data-column", "no columns are left for the input", help="name features")
    selection = label_selection(source, context)._replace(encodable=not context.trained)
    if context.string_input:
        selection = selection._replace(texts=features)
    else:
        selection = selection._replace(numbers={"features": features, **selection.numbers})
    found = collect(table, context, source.path, selection)
    x: Values
    if not context.string_input:
        x = found.numbers["features"]
    elif len(features) == 1 and not context.input_shape:
        x = found.texts[features[0]]
    else:
        parts = [found.texts[name] for name in features]
        stored = any(isinstance(part, StoredArray) for part in parts)
        x = StoredArray.side_by_side(parts) if stored else np.stack([np.asarray(part) for part in parts], axis=1)
    return table_samples(source, table, found, x, features)


def label_selection(source: TableSource, context: ReadContext) -> ColumnSelection:
    """The columns that are read beside the inputs: labels, weights, identifiers, and those of the split."""
    labels = label_columns(source)
    numbers = {"label": labels} if len(labels) > 1 else {}
    if source.weight:
        numbers["weight"] = [source.weight]
    return ColumnSelection(
        numbers, (), labels if len(labels) == 1 else (), list(context.columns), source.id,
        decimal=source.decimal, unit=context.label_unit,
    )  # fmt: skip


def table_samples(source: TableSource, table: Table, found: Columns, x: Values, features: Sequence[str]) -> Samples:
    """The rows of a table as samples with these inputs."""
    labels = label_columns(source)
    y = found.numbers["label"] if len(labels) > 1 else found.mixed[labels[0]] if labels else None
    weight = np.asarray(found.numbers["weight"])[:, 0] if source.weight else None
    return Samples(
        x, y, weight, found.others, features, labels, table.files, row_names(table, source.id, found.ids),
        warnings=found.warnings, ids=found.ids, id_column=source.id, thousands=found.thousands,
    )  # fmt: skip


def label_columns(source: TableSource) -> list[str]:
    """The label columns."""
    return [source.label] if isinstance(source.label, str) else list(source.label or ())


def named_columns(source: TableSource | TextSource | SeriesSource, keys: Sequence[str]) -> list[tuple[Path, str]]:
    """The columns that keys of a source name, each with its path in the source."""
    found: list[tuple[Path, str]] = []
    for key in keys:
        names = getattr(source, key)
        if isinstance(names, str):
            found.append(((key,), names))
        else:
            found += [((key, number), name) for number, name in enumerate(names or ())]
    return found


def row_names(table: Table, id_column: str | None, ids: Values | None) -> Callable[[int], str]:
    """The names of rows in messages, with the identifier where there is one."""
    if ids is None or id_column is None:
        return table.row_name
    return lambda row: f"{table.row_name(row)} ({id_column} {str(ids[row : row + 1][0])[:40]})"


def require_columns(
    table: Table,
    source: TableSource | TextSource | SeriesSource,
    keys: Sequence[str],
    context: ReadContext,
    others: Sequence[Violation] = (),
) -> None:
    """Raises `DataError` for columns of the source's keys, or of the split, that the table does not have.

    `others` are violations for columns that are declared elsewhere.
    """
    named = [((*context.path, *key), name) for key, name in named_columns(source, keys)]
    wanted = [*named, *((path, name) for name, path in context.columns.items())]
    missing = [_missing_column(table, name, context, path) for path, name in wanted if not table.has(name)]
    violations = [*others, *missing]
    if violations and len(table.names) == 1 and not isinstance(source, TextSource):
        violations = _other_delimiter(table.names[0], source, context) or violations
    if violations:
        raise DataError(violations)


def _missing_column(table: Table, name: str, context: ReadContext, path: Path) -> Violation:
    meant, listed = suggest(name, table.names), f"columns are {', '.join(table.names[:20])}"
    lacks = f'{os.path.basename(table.files[0])} has no column "{name}"'
    if context.trained and "label" in path:
        message, help = f"{lacks}, the label that predictions are compared with", f"add the column; its {listed}"
        return Violation("data-column", message, path=path, help=help)
    message = f"{lacks}, which the model needs" if context.trained else f'unknown column "{name}"'
    known = None if meant.word else f"{'its' if context.trained else 'the'} {listed}"
    return Violation("data-column", message, path=path, label=meant.label, help=known)


def _other_delimiter(header: str, source: TableSource | SeriesSource, context: ReadContext) -> list[Violation]:
    """The violation for a file that is read with the wrong delimiter."""
    own = source.dialect.delimiter or ","
    found = next((delimiter for delimiter in DELIMITERS if delimiter in header and delimiter != own), None)
    if found is None:
        return []
    message = (
        f"{source.path} has a single column {header[:80]!r}: its values are not separated by {delimiter_name(own)}"
    )
    return [context.violation("data-column", message, "path", help=delimiter_help(found, context))]


class ColumnSelection(NamedTuple):
    """The columns of a table to read.

    Attributes:
        numbers: Columns of numbers by the key of the source that names them; a missing value is NaN.
        texts: Columns of text; a missing value is the empty string.
        mixed: Labels: numbers where all values of a column are, else strings, None where one is missing.
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
    mixed: Sequence[str] = ()
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
        identifier = () if self.id is None else (self.id,)
        return list(dict.fromkeys([*numbers, *self.texts, *self.mixed, *self.others, *identifier, *self.kinds]))

    def number_columns(self) -> list[str]:
        """The columns of numbers."""
        kinds = (name for name, kind in self.kinds.items() if isinstance(kind, NumberColumn))
        return [*(name for names in self.numbers.values() for name in names), *kinds]

    def labels(self) -> list[str]:
        """The label columns."""
        return [*self.mixed, *self.numbers.get("label", ())]


class Columns(NamedTuple):
    """Columns as arrays: groups of numbers as float32 of shape (rows, columns), the others by their name.

    `ids` are the identifiers as text, `raw` the raw rows of the columns to encode and what they refer to; `unreadable`
    are cells that are read as missing values, `thousands` the numbers of a file for a trained model that may be
    thousands.
    """

    numbers: Mapping[str, Values]
    texts: Mapping[str, Values]
    mixed: Mapping[str, Array]
    others: Mapping[str, Array]
    warnings: Sequence[Violation] = ()
    ids: Values | None = None
    raw: tuple[Values, RawColumns] | None = None
    unreadable: Sequence[UnreadableCell] = ()
    thousands: Mapping[str, PointThousands] = MappingProxyType({})


class UnreadableCell(NamedTuple):
    """A cell without a number: its row and column, and its value as text."""

    row: int
    column: str
    value: str


class _TextAfterNumbers(Exception):
    """A label is text, but earlier labels of the column were read as numbers."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


def collect(table: Table, context: ReadContext, path: str, wanted: ColumnSelection) -> Columns:
    """Reads columns of a table, which messages call `path`.

    Raises:
        DataError: The table cannot be read, has no rows, or has text where numbers are expected.
    """
    plain = wanted.numbers and not wanted.texts and not wanted.kinds and wanted.unit is None
    if context.shards is not None and plain and context.is_sharded(table.size()):
        return _sharded(context.shards, table, context, path, wanted)
    thousands: dict[str, PointThousands] = {}
    is_watched = context.trained and wanted.decimal != ","
    names = [*wanted.number_columns(), *wanted.labels()]
    blocks = watched(table.blocks, names, thousands) if is_watched else table.blocks
    try:
        found = _read_columns(blocks, context, path, wanted)
    except DataError:
        # A file of another locale has other errors too, which hide the reason.
        problems = decimal_points(table, wanted.number_columns(), context)
        if any(problem.path == (*context.path, "decimal") for problem in problems):
            raise DataError(problems)
        raise
    labels = (name for name, values in found.mixed.items() if values.dtype != object)
    if problems := decimal_points(table, [*wanted.number_columns(), *labels], context):
        raise DataError(problems)
    return found._replace(thousands=doubtful(thousands))


def _sharded(shards: Shards, table: Table, context: ReadContext, path: str, wanted: ColumnSelection) -> Columns:
    """The columns: numbers sharded among machines, the others local."""
    kept = [*wanted.mixed, *wanted.others, *([wanted.id] if wanted.id is not None else ())]
    found = shards.columns(table.parts(wanted.names()), table.size(), wanted.numbers, kept)
    if found.failed:
        # Reads the rows locally only to find out what is wrong; no values are kept.
        _read_columns(table.blocks, context, path, wanted, keep=False)
        raise context.error("data-unreadable", f"{path} cannot be read by the Ray cluster", "path")
    count = len(next(iter(found.numbers.values())))
    if not count:
        raise context.error("data-unreadable", f"{path} has no rows", "path")
    warnings = _rounding(found.rounded, context)
    if not kept:
        return Columns(found.numbers, {}, {}, {}, warnings)
    rest = _read_columns(lambda _: iter(found.blocks), context, path, wanted._replace(numbers={}))
    return Columns(found.numbers, {}, rest.mixed, rest.others, warnings, rest.ids)


class NumberBlocks:
    """Converts columns of blocks to groups of numbers, and records invalid values.

    Args:
        numbers: Columns by the key of the source that names them.
        lenient: As in `ColumnSelection`.
    """

    def __init__(self, numbers: Mapping[str, Sequence[str]], *, lenient: bool = False) -> None:
        self._numbers = numbers
        self._lenient = lenient
        self.unreadable: dict[tuple[int, str], UnreadableCell] = {}
        self.bad: dict[tuple[str, str], _NotNumbers] = {}
        self.rounded: dict[tuple[str, str], int] = {}

    def convert(self, block: Block, count: int, start: int) -> dict[str, Array]:
        """The groups of `count` rows beginning at row `start`, as float32, with NaN for a missing value."""
        return {key: self._matrix(block, key, names, count, start) for key, names in self._numbers.items()}

    def _matrix(self, block: Block, key: str, names: Sequence[str], count: int, start: int) -> Array:
        # Checked for all columns at once, since a block of a wide table has few rows.
        columns = np.empty((len(names), count), np.float64)
        for values, name in zip(columns, names):
            try:
                values[:] = as_numbers(block[name])
            except (ValueError, TypeError):
                booleans = as_booleans(block[name]) if key == "known" else None
                if booleans is None and self._lenient:
                    booleans = self._without_unreadable(as_list(block[name]), name, start)
                if booleans is None:
                    self.bad.setdefault((key, name), _NotNumbers()).add(as_list(block[name]), start)
                values[:] = np.nan if booleans is None else booleans
        # Values that are too large become infinite, which is refused later.
        with np.errstate(over="ignore"):
            matrix = columns.T.astype(np.float32, order="C")
        for column in np.flatnonzero((np.abs(columns) > EXACT).any(axis=1)).tolist():
            count = rounded_integers(columns[column], matrix[:, column])
            self.rounded[key, names[column]] = self.rounded.get((key, names[column]), 0) + count
        return matrix

    def _without_unreadable(self, values: Sequence[object], name: str, start: int) -> Array | None:
        """The values with NaN for other values; None if they are too many for a mistake."""
        bad = [place for place, value in enumerate(values) if not is_number(value)]
        if len(bad) > _MAX_UNREADABLE or 2 * len(bad) > len(values):
            return None
        for place in bad:
            cell = UnreadableCell(start + place, name, str(values[place]))
            self.unreadable[cell.row, name] = cell
        return as_numbers([value if is_number(value) else None for value in values])


def _read_columns(
    blocks: Callable[[Sequence[str]], Iterator[Block]],
    context: ReadContext,
    path: str,
    wanted: ColumnSelection,
    *,
    keep: bool = True,
) -> Columns:
    as_text: set[str] = set()
    while True:
        try:
            return _collect(blocks, context, path, wanted, as_text, keep)
        except _TextAfterNumbers as error:
            as_text.add(error.column)


def _collect(
    blocks: Callable[[Sequence[str]], Iterator[Block]],
    context: ReadContext,
    path: str,
    wanted: ColumnSelection,
    as_text: set[str],
    keep: bool,
) -> Columns:
    budget = context.budget
    matrices = {key: Collector(budget, (len(names),), np.float32) for key, names in wanted.numbers.items()}
    numeric = NumberBlocks(wanted.numbers, lenient=wanted.lenient)
    strings = {name: TextCollector(budget) for name in wanted.texts}
    labels: dict[str, list[Array]] = {name: [] for name in wanted.mixed}
    untrimmed = _UntrimmedNames()
    others: dict[str, list[Array]] = {name: [] for name in wanted.others}
    identifiers = Identifiers(wanted.id, budget) if wanted.id is not None else None
    encoded = RawReader(wanted.kinds, budget, wanted.decimal) if wanted.kinds else None
    shared: dict[str, str] = {}
    used, text = wanted.names(), NumberText(wanted.decimal, wanted.unit)
    done = 0
    try:
        for block in blocks(used):
            count = len(block[used[0]])
            if wanted.unit is not None:
                block = {**block, **{name: text.plain(block[name]) for name in wanted.labels()}}
            for key, matrix in numeric.convert(block, count, done).items():
                if keep and not numeric.bad:
                    matrices[key].append(matrix)
            for name, collector in strings.items():
                collector.extend(["" if value is None else str(value) for value in as_list(block[name])])
            for name, parts in labels.items():
                parts.append(_label_block(block[name], name, as_text, done, shared, context))
                if name in as_text:
                    untrimmed.add(block[name])
            for name, parts in others.items():
                parts.append(_objects(as_list(block[name]), shared))
            if identifiers is not None:
                identifiers.add(block[identifiers.column])
            if encoded is not None:
                encoded.append({name: block[name] for name in wanted.kinds})
            done += count
    except OSError as error:
        raise DataError([disk_full(context, error)])
    if not done:
        raise context.error("data-unreadable", f"{path} has no rows", "path")
    _require_valid(numeric, identifiers, encoded, done, wanted, context)
    return Columns(
        {key: collector.finish() for key, collector in matrices.items()} if keep else {},
        {name: collector.finish() for name, collector in strings.items()},
        {name: np.concatenate(parts) for name, parts in labels.items()},
        {name: np.concatenate(parts) for name, parts in others.items()},
        [
            *_rounding(numeric.rounded, context),
            *untrimmed.violations(context),
            *(doubtful_values(encoded, context) if encoded is not None else ()),
        ],
        identifiers.values() if identifiers is not None else None,
        encoded.finish() if encoded is not None else None,
        list(numeric.unreadable.values()),
    )


def _require_valid(
    numeric: NumberBlocks,
    identifiers: Identifiers | None,
    encoded: RawReader | None,
    rows: int,
    wanted: ColumnSelection,
    context: ReadContext,
) -> None:
    """Raises `DataError` for values that are not numbers, identifiers that repeat and values of another kind."""
    if numeric.bad:
        raise DataError([
            problem.violation(key, name, rows, context, encodable=wanted.encodable and key == "features")
            for (key, name), problem in numeric.bad.items()
        ])  # fmt: skip
    if identifiers is not None and not context.trained:
        identifiers.require_unique(context)
    if encoded is not None:
        require_kinds(encoded, context)


def _rounding(rounded: Mapping[tuple[str, str], int], context: ReadContext) -> list[Violation]:
    help = "remove it from features if it is an identifier"
    violations = []
    for (key, name), count in rounded.items():
        if count:
            message = f"column {name} has {count:,} integers that float32 rounds"
            violations.append(context.violation("data-values", message, key, severity="warning", help=help))
    return violations


def disk_full(context: ReadContext, error: OSError) -> Violation:
    """The violation for data that cannot be kept on disk while it is streamed."""
    reason = (error.strerror or "cannot be written").lower()
    message = f"the data cannot be written to {context.budget.folder or 'the temporary folder'} for streaming: {reason}"
    help = "data that is not stored as .npy is copied once to the folder of the runs: choose another one with --runs"
    return context.violation("data-unreadable", message, help=help)


class _NotNumbers:
    """The values of a column that are not numbers."""

    def __init__(self) -> None:
        self.count = 0
        self.rows: list[int] = []
        self.example: object = None
        self.values: set[str] = set()

    def add(self, values: Sequence[object], start: int) -> None:
        for row, value in enumerate(values):
            if not is_number(value):
                self.example = value if self.example is None else self.example
                self.count += 1
                if len(self.rows) < _MAX_SHOWN:
                    self.rows.append(start + row)
                if isinstance(value, (str, datetime.date)) and len(self.values) < _MAX_DISTINCT:
                    self.values.add(str(value))

    def violation(self, key: str, name: str, total: int, context: ReadContext, *, encodable: bool) -> Violation:
        rows = ", ".join(f"{row + 1:,}" for row in self.rows) + (", …" if self.count > _MAX_SHOWN else "")
        kind, few = kind_of(self.example), 2 * self.count < total
        example = f"such as {str(self.example)[:40]!r} (row {rows})"
        message = f"column {name} is not numeric: {self.count:,} of {total:,} values are {kind}, {example}"
        help = KNOWN_HELP if key == "known" else self._help(kind, name if encodable and not few else None, few=few)
        return context.violation("data-values", message, key, help=help)

    def _help(self, kind: str, name: str | None, *, few: bool) -> str:
        """The help; with `name`, the column can be declared; `few` values may be mistakes."""
        text = str(self.example)
        if kind == "text" and is_digits_and_marks(text):
            return DECIMAL_HELP
        if name is not None and self.values:
            return fmt("declare the columns in {}: {}", TableName(("data", "columns")), declaration(name, self.values))
        if few:
            return "correct these values, or leave the cells empty"
        if kind == "dates" or (kind == "text" and re.match(r"\d{4}-\d\d?-\d\d?", text)):
            return "remove it from features, or encode it as a number such as days since a date"
        return "remove it from features, or encode it as numbers"


def _label_block(
    values: Column, name: str, as_text: set[str], start: int, shared: dict[str, str], context: ReadContext
) -> Array:
    if name not in as_text:
        if not _is_bool(values):
            try:
                return _compact(as_numbers(values))
            except (ValueError, TypeError):
                pass
        if isinstance(context.target, Regression):
            raise _not_a_number(as_list(values), name, start, context)
        if start:
            raise _TextAfterNumbers(name)
        as_text.add(name)
    found = as_list(values)
    kind = next((kind for kind in map(kind_of, found) if kind in ("lists", "objects", "bytes")), None)
    if kind is not None:
        raise context.error("data-labels", f"column {name} has {kind}, not class names or numbers", "label")
    texts = [None if is_missing(value) else str(value) for value in found]
    if _is_trimmed(context.target):
        texts = [None if text is None else text.strip() or None for text in texts]
    return _objects(texts, shared)


def _is_trimmed(target: Target | None) -> bool:
    """Whether white space around class names does not count: unless it is that of declared names."""
    names = getattr(target, "names", None)
    return names is None or all(name == name.strip() for name in names)


class _UntrimmedNames:
    """Counts class names with white space around them."""

    def __init__(self) -> None:
        self._count = 0
        self._example = ""

    def add(self, values: Column) -> None:
        """Adds a part of the labels."""
        if isinstance(values, list):
            found = [value for value in values if isinstance(value, str) and value != value.strip()]
        elif (texts := arrow_texts(values)) is None:
            return
        else:
            import pyarrow.compute as pc

            found = texts.filter(pc.not_equal(texts, pc.utf8_trim_whitespace(texts))).to_pylist()
        self._count += len(found)
        self._example = self._example or next(iter(found), "")

    def violations(self, context: ReadContext) -> list[Violation]:
        """The finding in training, if there are any."""
        if not self._count or context.trained or not _is_trimmed(context.target):
            return []
        have = "label has" if self._count == 1 else "labels have"
        shown = quote_value(self._example[:_MAX_LABEL], typed=False)
        message = f"{self._count:,} {have} white space around the name, such as {shown}: it does not count"
        return [context.violation("data-labels", message, "label", severity="info")]


def _not_a_number(values: Sequence[object], name: str, start: int, context: ReadContext) -> DataError:
    """The error for the first label that is not a number."""
    place = next((place for place, value in enumerate(values) if not is_number(value)), 0)
    shown = str(values[place])[:_MAX_LABEL]
    message = f"`{shorten(name)}` has {quote_value(shown, typed=False)} (row {start + place + 1:,}), not a number"
    unit = unit_of(shown)
    help: str = "correct it, or leave the cell empty"
    if unit is not None and unit != context.label_unit:
        condition = "" if context.label_unit is None else "if the labels have this unit, "
        setting = Setting("unit", escaped({"unit": unit})["unit"])
        help = Message(f"{condition}set ", setting, " in ", TableName(("target",)))
    elif is_digits_and_marks(shown) or decimal_of([shown]) == ",":
        help = DECIMAL_HELP
    return context.error("data-labels", message, "label", help=help)


def _compact(values: Array) -> Array:
    """Numbers as float32 if that is exact for all of them, since labels stay in memory while data is streamed."""
    with np.errstate(over="ignore"):
        short = values.astype(np.float32)
    return short if np.array_equal(short, values, equal_nan=True) else values


def _is_bool(values: Column) -> bool:
    if isinstance(values, list):
        return any(isinstance(value, bool) for value in values)
    return str(values.type) == "bool"


def _objects(values: Sequence[object], shared: dict[str, str]) -> Array:
    """Values as objects; equal values share one object, so that a class name is stored once."""
    array = np.empty(len(values), object)
    for row, value in enumerate(values):
        if isinstance(value, str):
            if value in shared:
                value = shared[value]
            elif len(shared) < _MAX_SHARED:
                shared[value] = value
        array[row] = value
    return array
