"""Columns of a table as numbers, and the values that cannot be read as such."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from seqspec.core.api.diagnostics import Violation
from seqspec.core.api.messages import SHOWN, TableName, fmt
from seqspec.training.data.column_findings.wrong_values import declaration
from seqspec.training.data.encoding.booleans import as_booleans
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.samples import Array
from seqspec.training.data.shards import Block
from seqspec.training.data.tables.cells import (
    DECIMAL_HELP,
    EXACT,
    as_list,
    as_numbers,
    is_number,
    kind_of,
    rounded_integers,
)
from seqspec.training.data.tables.number_text import is_digits_and_marks

_MAX_UNREADABLE = 100
"""Cells of a block of a column that are taken for mistakes."""
_MAX_DISTINCT = 1000
KNOWN_HELP = "write known columns as numbers, or as booleans: true and false, yes and no, 1 and 0"


class UnreadableCell(NamedTuple):
    """A cell without a number: its row and column, and its value as text."""

    row: int
    column: str
    value: str


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


def rounding(rounded: Mapping[tuple[str, str], int], context: ReadContext) -> list[Violation]:
    """A warning for each column with integers that float32 rounds."""
    help = "remove it from features if it is an identifier"
    violations = []
    for (key, name), count in rounded.items():
        if count:
            message = f"column {name} has {count:,} integers that float32 rounds"
            violations.append(context.violation("data-values", message, key, severity="warning", help=help))
    return violations


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
                if len(self.rows) < SHOWN:
                    self.rows.append(start + row)
                if isinstance(value, (str, datetime.date)) and len(self.values) < _MAX_DISTINCT:
                    self.values.add(str(value))

    def violation(self, key: str, name: str, total: int, context: ReadContext, *, encodable: bool) -> Violation:
        rows = ", ".join(f"{row + 1:,}" for row in self.rows) + (", …" if self.count > SHOWN else "")
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
