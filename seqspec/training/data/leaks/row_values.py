"""The columns of samples as numbers, whatever they were read as: a matrix, or raw rows of `[data.columns]`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from seqspec.core.api.data import DateColumn, NumberColumn, TextColumn
from seqspec.training.data.encoding.dates import NO_DATE, SECONDS_PER_DAY
from seqspec.training.data.encoding.numbers import clipped
from seqspec.training.data.encoding.raw import RawColumns, field_names, text_digests
from seqspec.training.data.encoding.texts import codes_in
from seqspec.training.data.leaks.scanned_columns import (
    ScannedColumn,
    Words,
    column_of_numbers,
    column_of_times,
    column_of_words,
)
from seqspec.training.data.samples import Array, Samples

_MAX_WORDS = 2**23
"""Maximum number of words that are read."""


class RowValues:
    """Columns as numbers: NaN where a number or a date is missing, codes of texts.

    Attributes:
        names: The columns.
        exact: Whether the values of a column are codes or times, of which only equal ones are alike.
    """

    def __init__(self, samples: Samples) -> None:
        self._raw = samples.raw
        if self._raw is not None:
            self.names: Sequence[str] = list(self._raw.kinds)
            self.exact = np.array([not isinstance(kind, NumberColumn) for kind in self._raw.kinds.values()])
            return
        count = samples.x.shape[1]
        self.exact = np.zeros(count, bool)
        # An encoded column has several values, and arrays from Python have no names.
        named = len(samples.features) == count
        self.names = list(samples.features) if named else [f"x[:, {index}]" for index in range(count)]

    def of(self, rows: Array) -> Array:
        """The values of some rows, of shape (rows, columns)."""
        raw = self._raw
        if raw is None:
            return rows.astype(np.float64)
        return np.stack([_numbers(rows, raw, name) for name in self.names], axis=1)


def _numbers(rows: Array, raw: RawColumns, name: str) -> Array:
    kind = raw.kinds[name]
    fields = [np.ascontiguousarray(rows[field]) for field in field_names(raw.kinds, name)]
    match kind:
        case DateColumn():
            seconds = fields[0].astype(np.float64) * SECONDS_PER_DAY + fields[1]
            return np.where(fields[0] == NO_DATE, np.nan, seconds)
        case TextColumn():
            # As many bits as float64 holds.
            return (text_digests(raw.columns[name], fields) >> np.uint64(12)).astype(np.float64)
        case NumberColumn():
            # Only with `clip` can numbers be infinite.
            return np.where(np.isinf(fields[0]), clipped(fields[0], kind.clip), fields[0]).astype(np.float64)
    codes = fields[0].astype(np.float64)
    return np.where(codes < 0, np.nan, codes)


def feature_columns(samples: Samples, rows: Array) -> Iterator[ScannedColumn]:
    """The features of some samples as columns of the scan."""
    raw, sample = samples.raw, np.asarray(samples.x[rows])
    if raw is None:
        for name, column in zip(RowValues(samples).names, sample.T):
            yield column_of_numbers(name, column)
        return
    for name, kind in raw.kinds.items():
        column = _numbers(sample, raw, name)
        match kind:
            case DateColumn():
                yield column_of_times(name, column * 1e6)
            case TextColumn():
                yield column_of_words(name, column, _words(sample, raw, name))
            case NumberColumn():
                yield column_of_numbers(name, column)
            case _:
                texts = raw.columns[name].values
                yield _category(name, column, texts) if texts else column_of_numbers(name, column)


def _words(rows: Array, raw: RawColumns, name: str) -> Words:
    """The words of the texts of some rows, of fewer where they have too many."""
    starts, lengths = (np.ascontiguousarray(rows[field]) for field in field_names(raw.kinds, name))
    samples = np.arange(0, len(rows), max(1, -(-int(lengths.sum()) // _MAX_WORDS)))
    column = raw.columns[name]
    assert column.words is not None
    places, codes = codes_in(column.words, [starts[samples], lengths[samples]])
    held = codes >= 0
    width = max(1, len(column.values))
    pairs = np.unique(places[held] * np.int64(width) + codes[held])
    return Words(pairs // width, pairs % width, column.values, samples)


def _category(name: str, values: Array, texts: Sequence[str]) -> ScannedColumn:
    """A category, whose codes number the texts of the sampled rows only."""
    known = ~np.isnan(values)
    distinct, codes = np.unique(values[known].astype(np.int64), return_inverse=True)
    numbers = np.full(len(values), -1, np.int32)
    numbers[known] = codes.reshape(-1)
    return ScannedColumn(name, "text", numbers, [texts[code] for code in distinct])
