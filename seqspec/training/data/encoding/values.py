"""Distinct values of a part of a column, and the values that cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seqspec.training.data.shards import Column
from seqspec.training.data.stored import Array
from seqspec.training.data.tables.cells import is_missing, plain_array
from seqspec.training.data.tables.formats.delimited import MISSING

if TYPE_CHECKING:
    import pyarrow as pa

MISSING_WORDS = frozenset({*map(str.lower, MISSING), "none", "?"})
"""Texts that are missing values wherever they are not declared, in lower case: those of any CSV column, and more."""
MISSING_NAMES = frozenset({
    "-", "--", "n.a.", "k.a.", "k. a.", "keine angabe", "unbekannt", "unknown", "missing", "not available", "inconnu",
})  # fmt: skip
"""Texts that are missing values of numbers, booleans and dates, but can be categories and classes."""

_MAX_DISTINCT = 1000


class FactorizedValues(NamedTuple):
    """A part of a column as its distinct values, and for each row the index of its value (int32), -1 if missing."""

    codes: Array
    values: Sequence[object]


def factor(column: Column) -> FactorizedValues:
    """The distinct values of a part of a column, in the order of their first rows."""
    if isinstance(column, list):
        return _factor_of_list(column)
    import pyarrow as pa

    column = one_chunk(column)
    if pa.types.is_nested(column.type) or pa.types.is_null(column.type):
        # PyArrow has no dictionaries of lists and objects; that of a column without values has a null.
        return _factor_of_list(column.to_pylist())
    if pa.types.is_float16(column.type):
        column = column.cast(pa.float32())
    if pa.types.is_dictionary(column.type):
        # The dictionary of a file can have values that no row has.
        column = column.cast(column.type.value_type)
    encoded = column.dictionary_encode()
    factored = FactorizedValues(codes_of(encoded.indices), encoded.dictionary.to_pylist())
    if not pa.types.is_floating(column.type):
        return factored
    # Files of pandas have NaN for missing values.
    absent = [number for number, value in enumerate(factored.values) if value != value]
    return (
        FactorizedValues(np.where(np.isin(factored.codes, absent), np.int32(-1), factored.codes), factored.values)
        if absent
        else factored
    )


def one_chunk(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A part of a column as one array."""
    import pyarrow as pa

    if not isinstance(column, pa.ChunkedArray):
        return column
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def codes_of(indices: pa.Array) -> Array:
    """The indices of a dictionary as int32, -1 for null."""
    return plain_array(indices, np.int32, -1)


def _factor_of_list(column: list[object]) -> FactorizedValues:
    numbers: dict[object, int] = {}
    values: list[object] = []
    codes = np.empty(len(column), np.int32)
    for row, value in enumerate(column):
        if is_missing(value):
            codes[row] = -1
            continue
        # True equals 1, and lists cannot be keys.
        key = (type(value), repr(value) if isinstance(value, (list, dict)) else value)
        number = numbers.setdefault(key, len(numbers))
        if number == len(values):
            values.append(value)
        codes[row] = number
    return FactorizedValues(codes, values)


class InvalidCells:
    """The values of a column that cannot be read as its kind.

    Attributes:
        rows: The number of rows with such a value.
        counts: Rows by value, for the first values.
        first: The first row, -1 if there is none.
    """

    def __init__(self) -> None:
        self.rows = 0
        self.counts: dict[str, int] = {}
        self.first = -1
        self.examples: list[object] = []

    def add(self, factored: FactorizedValues, bad: Sequence[int], start: int) -> None:
        """Counts the rows of the values with the indices `bad`; the part of the column begins at row `start`."""
        if not bad:
            return
        counts = np.bincount(factored.codes[factored.codes >= 0], minlength=len(factored.values))
        for number in bad:
            count, value = int(counts[number]), factored.values[number]
            text = str(value)
            self.rows += count
            if text in self.counts or len(self.counts) < _MAX_DISTINCT:
                self.counts[text] = self.counts.get(text, 0) + count
            if len(self.examples) < _MAX_DISTINCT:
                self.examples.append(value)
        if self.first < 0:
            self.first = start + int(np.flatnonzero(np.isin(factored.codes, list(bad)))[0])


def is_missing_word(value: object) -> bool:
    """Whether a text says that a number, a boolean or a date is missing."""
    return isinstance(value, str) and value.strip().lower() in MISSING_WORDS | MISSING_NAMES
