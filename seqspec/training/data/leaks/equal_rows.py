"""SEQ907: rows of tables that are in two sets, but for ids and rounding, and that chance does not explain."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

import numpy as np

from seqspec.core.api.diagnostics import Path, Violation
from seqspec.core.api.messages import Message, Number, counted, fmt, shorten_list
from seqspec.training.data.leaks.coincidence import are_coincidences, chance_of_equal
from seqspec.training.data.leaks.equal_samples import are_few, sharing
from seqspec.training.data.leaks.row_values import RowValues
from seqspec.training.data.samples import Array, Samples
from seqspec.training.data.stored import Values, choose, chunks

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
        pairs = [
            f"{sets[first].where(int(other))} = {sets[second].where(int(row))}"
            for row, other in zip(shared.rows[:_MAX_SHOWN], shared.others)
        ]
        count = len(shared.rows)
        verb = "is" if count == 1 else "are"
        share = Number(count / len(sets[second]), ".1%")
        shown = "; ".join(pairs) + ("; …" if count > _MAX_SHOWN else "")
        sizes = (counted(count, "sample"), " of the ", second, " set (", share)
        message = Message(*sizes, f") {verb} also in the ", first, f" set{apart}: ", shown)
        violation = sharing(message, path, are_few(count, len(sets[second])))
        yield violation.replace(severity="info", notes=(_BY_CHANCE,), help=None) if by_chance else violation


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
    count = counted(len(again), "sample")
    message = fmt("{} of the train set ({}) repeat another one of it: {}; …", count, share, "; ".join(pairs))
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
