"""SEQ907: rows of tables that are in two sets, but for ids and rounding, and that chance does not explain."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from seqspec.core.diagnostics.message import Message, Number, counted, fmt
from seqspec.core.diagnostics.snippet import shorten_list
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.document.columns import DateColumn, NumberColumn, TextColumn
from seqspec.training.data.encoding.dates import NO_DATE, SECONDS_PER_DAY
from seqspec.training.data.encoding.numbers import clipped
from seqspec.training.data.encoding.raw import RawColumns, field_names, text_digests
from seqspec.training.data.encoding.texts import codes_in
from seqspec.training.data.leakage import are_few, sharing
from seqspec.training.data.leaks.coincidence import are_coincidences, chance_of_equal
from seqspec.training.data.leaks.scanned_columns import (
    ScannedColumn,
    Words,
    column_of_numbers,
    column_of_times,
    column_of_words,
)
from seqspec.training.data.samples import Array, Samples
from seqspec.training.data.stored import Values, choose, chunks

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
        self.exact = np.zeros(samples.x.shape[1], bool)
        # An encoded column has several values.
        self.names = list(samples.features) if len(samples.features) == len(self.exact) else [""] * len(self.exact)

    def of(self, rows: Array) -> Array:
        """The values of some rows, of shape (rows, columns)."""
        raw = self._raw
        if raw is None:
            return rows.astype(np.float64)
        return np.stack([_numbers(rows, raw, name) for name in self.names], axis=1)


def _numbers(rows: Array, raw: RawColumns, name: str) -> Array:
    kind = raw.kinds[name]
    fields = [np.ascontiguousarray(rows[each]) for each in field_names(raw.kinds, name)]
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
    starts, lengths = (np.ascontiguousarray(rows[each]) for each in field_names(raw.kinds, name))
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


_PRECISION = 1e-4
"""The precision to which values are compared, in standard deviations of their column."""
_RATIO = 20
"""How many times as many equal rows as independent columns would have are reported."""
_REPEATED, _MIN_REPEATED = 0.05, 20
"""The share and the number of repeated rows of one set that are reported."""
_COMPARED = 100_000
_SAMPLE = 20_000
_CHUNK_ROWS = 2**15
_MAX_SHOWN = 3
_BY_CHANCE = "rows that differ in a single column are so frequent that different samples are equal by chance"
_MIX = np.uint64(0x9E3779B97F4A7C15)


class SharedRows(NamedTuple):
    """Rows of a set that another set has too: their numbers, and the number of an equal row of the other set."""

    rows: Array
    others: Array


def equal_rows(sets: Mapping[str, Samples], ids: Collection[str], path: Path) -> Iterator[Violation]:
    """A finding for each pair of sets that share rows."""
    train = sets["train"]
    hashing = RowHashes(train, ids)
    hashes = {name: hashing.of(samples) for name, samples in sets.items() if samples.x.shape[1:] == train.x.shape[1:]}
    left = [name for name in RowValues(train).names if name in ids]
    apart = f" but for {shorten_list(left, _MAX_SHOWN)}" if left else ""
    by_chance: bool | None = None
    for first, second in combinations(hashes, 2):
        shared = hashing.shared(hashes[first], hashes[second])
        if shared is None:
            continue
        if by_chance is None:
            by_chance = are_coincidences(hashing, [sets[name] for name in hashes])
        pairs = [f"{sets[first].where(int(other))} = {sets[second].where(int(row))}"
                 for row, other in zip(shared.rows[:_MAX_SHOWN], shared.others)]  # fmt: skip
        count = len(shared.rows)
        verb = "is" if count == 1 else "are"
        share = Number(count / len(sets[second]), ".1%")
        shown = "; ".join(pairs) + ("; …" if count > _MAX_SHOWN else "")
        sizes = (counted(count, "sample"), " of the ", second, " set (", share)
        message = Message(*sizes, f") {verb} also in the ", first, f" set{apart}: ", shown)
        found = sharing(message, path, are_few(count, len(sets[second])))
        yield found.replace(severity="info", notes=(_BY_CHANCE,), help=None) if by_chance else found


def repeated_rows(samples: Samples, path: Path) -> Iterator[Violation]:
    """A finding for rows of one set that are there more than once, with their label, as of a table exported twice."""
    hashing = RowHashes(samples)
    hashes = hashing.of(samples)
    for other in (samples.y, samples.ids, *samples.columns.values()):
        if other is not None:
            hashes = _with_values(hashes, other)
    _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    again = np.flatnonzero(first[inverse.reshape(-1)] != np.arange(len(hashes)))
    if len(again) < max(_MIN_REPEATED, _REPEATED * len(hashes)):
        return
    halves = np.array_split(np.random.default_rng(0).permutation(len(hashes))[:_COMPARED], 2)
    expected = hashing.chance * len(hashes) ** 2 / 2
    if len(again) < _RATIO * expected or are_coincidences(hashing, [samples.take(np.sort(half)) for half in halves]):
        return
    pairs = [f"{samples.where(int(row))} = {samples.where(int(first[inverse[row]]))}" for row in again[:_MAX_SHOWN]]
    share = Number(len(again) / len(hashes), ".1%")
    message = fmt(
        "{} of the train set ({}) repeat another one of it: {}; …",
        counted(len(again), "sample"),
        share,
        "; ".join(pairs),
    )
    help = "remove the copies if the table was exported twice: they count twice in training and in the results"
    yield Violation("data-values", message, path=path, help=help, severity="warning")


def _with_values(hashes: Array, values: Values) -> Array:
    """Hashes that also differ where other values of the rows do."""
    known = np.asarray(values[:])
    known = known.astype(str) if known.dtype == object else known.reshape(len(known), -1)
    _, codes = np.unique(known, axis=0, return_inverse=True)
    return np.asarray((hashes ^ (codes.reshape(-1).astype(np.uint64) * _MIX)) * _MIX)


class RowHashes:
    """Hashes of rows, whose values are rounded to 1e-4 of the standard deviation in the training set.

    Args:
        train: The training set: rows of a table.
        ids: Names of columns that are not compared.

    Attributes:
        chances: The probability that two rows have the same value, of each column.
        chance: The probability that two rows are equal, if columns are independent.
    """

    def __init__(self, train: Samples, ids: Collection[str] = ()) -> None:
        values = RowValues(train)
        self._columns = columns = [index for index, name in enumerate(values.names) if name not in ids]
        step = max(1, -(-len(train) // _SAMPLE))
        sample = values.of(np.asarray(train.x[np.arange(0, len(train), step)]))[:, columns]
        finite = np.where(np.isfinite(sample), sample, np.nan).astype(np.float64)
        known = ~np.isnan(finite)
        counts = np.maximum(known.sum(axis=0), 1)
        means = np.where(known, finite, 0).sum(axis=0) / counts
        spread = np.sqrt(np.where(known, (finite - means) ** 2, 0).sum(axis=0) / counts)
        self._units = np.where((spread > 0) & ~values.exact[columns], spread * _PRECISION, 1)
        self._factors = np.random.default_rng(0).integers(1, 2**63, len(columns), np.uint64) | np.uint64(1)
        rounded = (self._rounded(sample[:, index], index) for index in range(len(self._columns)))
        self.chances = np.array([chance_of_equal(values) for values in rounded])
        self.chance = float(self.chances.prod())

    def _rounded(self, values: Array, index: int) -> Array:
        with np.errstate(invalid="ignore", over="ignore"):
            scaled = np.rint(values.astype(np.float64) / self._units[index])
        return np.clip(np.where(np.isnan(scaled), -(2.0**62), scaled), -(2.0**62), 2.0**61).astype(np.int64)

    def of(self, samples: Samples) -> Array:
        """The hash of each row; 0 for rows without any value."""
        array = np.zeros(len(samples), np.uint64)
        values = RowValues(samples)
        for first, chunk in chunks(samples.x):
            for start in range(0, len(chunk), _CHUNK_ROWS):
                part = values.of(np.asarray(chunk[start : start + _CHUNK_ROWS]))[:, self._columns]
                total = np.zeros(len(part), np.uint64)
                for index in range(len(self._columns)):
                    total += self._hash(part[:, index], index)
                total[np.isnan(part).all(axis=1)] = 0
                array[first + start : first + start + len(part)] = total
        return array

    def _hash(self, values: Array, index: int) -> Array:
        """The part of the hash of a row that a column has: the hash is their sum."""
        mixed: Array = self._rounded(values, index).view(np.uint64) * self._factors[index]
        mixed ^= mixed >> np.uint64(29)
        mixed *= _MIX
        return mixed

    def parts(self, samples: Samples, rows: Array) -> Array:
        """The hashes of the columns in some rows."""
        part = RowValues(samples).of(np.asarray(choose(samples.x, rows)))[:, self._columns]
        return np.stack([self._hash(part[:, index], index) for index in range(len(self._columns))], axis=1)

    def shared(self, first: Array, second: Array) -> SharedRows | None:
        """The rows of the second set that the first one has too; None if there are hardly more than by chance."""
        if not self._columns or not len(first) or not len(second):
            return None
        order = np.argsort(first, kind="stable")
        ordered = first[order]
        begin, end = np.searchsorted(ordered, second, side="left"), np.searchsorted(ordered, second, side="right")
        counts = np.where(second == 0, 0, end - begin)
        expected = self.chance * len(first) * len(second)
        if not counts.any() or counts.sum() < _RATIO * expected:
            return None
        rows = np.flatnonzero(counts)
        return SharedRows(rows, order[begin[rows]])
