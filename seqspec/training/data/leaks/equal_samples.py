"""Equal samples and rows in two sets (SEQ907) that chance does not explain."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple, Protocol

import numpy as np

from seqspec.core.api.diagnostics import Path, Violation
from seqspec.core.api.messages import Message, Number, counted, fmt, shorten_list
from seqspec.training.data.leaks.column_views import RowValues
from seqspec.training.data.samples import Array, Samples
from seqspec.training.data.stored import Values, choose, chunks, per_sample

_MAX_ROWS = 50_000
_MAX_VALUES = 2**22
_MAX_COLUMNS = 50
_SHARE = 0.5
"""The share of the equal rows from which on chance explains them."""
_MIN_PAIRS = 10
"""With fewer equal pairs in a sample of the rows, those of the others are unknown."""


class ColumnHashes(Protocol):
    """Hashes of the columns of rows.

    Attributes:
        chances: The probability that two rows have the same value, of each column.
    """

    chances: Array

    def parts(self, samples: Samples, rows: Array) -> Array:
        """The hashes of the columns in some rows."""


def are_coincidences(hashing: ColumnHashes, sets: Sequence[Samples]) -> bool:
    """Whether chance explains most of the rows that are equal in two sets.

    Copies are equal in every column. In different samples that are equal in all columns but one (the label counts as a
    column), this one is equal too at least as often as in any two rows: from the pairs that differ in it follows how
    many are equal by chance.
    """
    rows = max(1, min(_MAX_ROWS, _MAX_VALUES // max(1, len(hashing.chances))))
    step = max(1, -(-sum(map(len, sets)) // rows))
    chosen = [np.arange(0, len(samples), step) for samples in sets]
    parts = [hashing.parts(samples, chosen_rows) for samples, chosen_rows in zip(sets, chosen)]
    chances = hashing.chances
    labels = _label_hashes(sets, chosen)
    if labels is not None:
        parts = [np.column_stack([part, label]) for part, label in zip(parts, labels)]
        chances = np.append(chances, chance_of_equal(np.concatenate(labels)))
    totals = [part.sum(axis=1, dtype=np.uint64) for part in parts]
    equal = _pairs(totals)
    if step > 1 and equal < _MIN_PAIRS:
        return False
    varied = np.flatnonzero((chances > 0) & (chances < 1))
    for index in varied[np.argsort(np.abs(chances[varied] - 0.5))][:_MAX_COLUMNS]:
        differing = _pairs([total - part[:, index] for total, part in zip(totals, parts)]) - equal
        # Fewer by a standard deviation, as a few pairs may be chance themselves.
        likely = max(0.0, differing - float(np.sqrt(max(0, differing))))
        if likely * chances[index] / (1 - chances[index]) > _SHARE * equal:
            return True
    return False


def chance_of_equal(values: Array) -> float:
    """The probability that two of the values are equal."""
    total = len(values) * (len(values) - 1.0)
    _, counts = np.unique(values, return_counts=True)
    return float((counts * (counts - 1.0)).sum()) / total if total else 0.0


def _label_hashes(sets: Sequence[Samples], rows: Sequence[Array]) -> list[Array] | None:
    """A number for each label of some rows; None if a set has no labels."""
    labels = []
    for samples, set_rows in zip(sets, rows):
        if samples.y is None:
            return None
        values = np.asarray(choose(samples.y, set_rows))
        labels.append(values.astype(str) if values.dtype == object else values.reshape(len(values), -1))
    _, codes = np.unique(np.concatenate(labels), axis=0, return_inverse=True)
    hashes = np.random.default_rng(1).integers(1, 2**63, int(codes.max(initial=0)) + 1, np.uint64)[codes.reshape(-1)]
    return np.split(hashes, np.cumsum([len(part) for part in labels])[:-1])


def _pairs(hashes: Sequence[Array]) -> int:
    """The pairs of equal rows of which one is in a set and the other in another."""
    return _equal_pairs(np.concatenate(hashes)) - sum(map(_equal_pairs, hashes))


def _equal_pairs(hashes: Array) -> int:
    _, counts = np.unique(hashes, return_counts=True)
    return int((counts * (counts - 1) // 2).sum())


_MAX_SHOWN = 3
_CHUNK_SAMPLES = 1024
_FEW = "without so few of them the metrics of the set change by less than half of their standard error"
DUPLICATES_HELP = "remove the duplicates, or keep equal samples in one set"


def shared_samples(first: Values, second: Values) -> list[tuple[int, int]]:
    """Pairs of rows (of the first and of the second set) whose inputs are equal; one pair per row of the second."""
    return _shared(first, [second])[0]


def _shared(first: Values, others: Sequence[Values]) -> list[list[tuple[int, int]]]:
    """The same for several second sets, for which the first one is read once."""
    suitable = [
        len(first) > 0
        and len(other) > 0
        and first.shape[1:] == other.shape[1:]
        and _is_text(first.dtype) == _is_text(other.dtype)
        for other in others
    ]
    sought = [
        _SampleLookup(other, _common(first.dtype, other.dtype)) if fits else None
        for other, fits in zip(others, suitable)
    ]
    dtypes = {search.dtype for search in sought if search is not None}
    for start, part in chunks(first) if dtypes else ():
        hashes = {dtype: _hash(part, dtype) for dtype in dtypes}
        for search in sought:
            if search is not None:
                search.compare(start, hashes[search.dtype])
    return [search.pairs(first) if search is not None else [] for search in sought]


def _is_text(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in "OUS"


def _common(first: np.dtype[Any], second: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype that samples are compared in: that of both, else one that holds both, as the model sees them."""
    if first == second:
        return first
    if _is_text(first):
        return np.dtype(object)
    common = np.result_type(first, second)
    # The model's inputs have no double precision.
    return np.dtype(np.float32) if common.kind == "f" and common.itemsize > 4 else common


class _SampleLookup:
    """Looks for the samples of one set in another one.

    Only hashes of this set, the smaller one as a rule, stay in memory.
    """

    def __init__(self, values: Values, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self._values = values
        self._hashes = per_sample(lambda part: _hash(part, dtype), values)
        self._sorted = np.unique(self._hashes)
        self._found = np.full(len(self._sorted), -1, np.int64)

    def compare(self, start: int, hashes: Array) -> None:
        """Looks for the samples among those of the other set from row `start` on."""
        places = self._places(hashes)
        rows = np.flatnonzero(self._sorted[places] == hashes)
        rows = rows[self._found[places[rows]] < 0]
        # Keeps the first of equal samples, since the last assignment wins.
        self._found[places[rows[::-1]]] = start + rows[::-1]

    def pairs(self, first: Values) -> list[tuple[int, int]]:
        """Rows of the other set and of this one whose samples are equal, not only their hashes."""
        candidates = np.flatnonzero(np.isin(self._hashes, self._sorted[self._found >= 0]))
        row_pairs = []
        for start in range(0, len(candidates), _CHUNK_SAMPLES):
            mine = candidates[start : start + _CHUNK_SAMPLES]
            others = self._found[self._places(self._hashes[mine])]
            equal = _equal(first[others], self._values[mine], self.dtype)
            row_pairs += [(int(other), int(row)) for other, row in zip(others[equal], mine[equal])]
        return row_pairs

    def _places(self, hashes: Array) -> Array:
        return np.minimum(np.searchsorted(self._sorted, hashes), len(self._sorted) - 1)


def _equal(first: Array, second: Array, dtype: np.dtype[Any]) -> Array:
    if dtype.kind == "O":
        first, second = first.astype(object, copy=False), second.astype(object, copy=False)
        return np.array([_text(one) == _text(other) for one, other in zip(first, second)], bool)
    return np.asarray((_words(first, dtype) == _words(second, dtype)).all(axis=1))


def are_few(count: int, size: int) -> bool:
    """Whether equal samples are so few of a set that they cannot change what its metrics say.

    Without them, an accuracy changes by their share at most; the standard error of an accuracy is 0.5 / √size at most,
    and half of it is more than that.
    """
    return 16 * count**2 <= size


def leaks(sets: Mapping[str, Samples], path: Path) -> list[Violation]:
    """A finding for each pair of sets with equal samples; samples without any value are not compared."""
    violations = []
    sets = {name: _known(samples) for name, samples in sets.items()}
    names = list(sets)
    for index, name in enumerate(names):
        later = names[index + 1 :]
        for other, pairs in zip(later, _shared(sets[name].x, [sets[name].x for name in later])):
            if pairs:
                shown = "; ".join(f"{sets[name].where(a)} = {sets[other].where(b)}" for a, b in pairs[:_MAX_SHOWN]) + (
                    "; …" if len(pairs) > _MAX_SHOWN else ""
                )
                share = len(pairs) / len(sets[other])
                also = ") is also in the " if len(pairs) == 1 else ") are also in the "
                words = (" of the ", other, " set (", Number(share, ".1%"), also, name, " set: ")
                message = Message(counted(len(pairs), "sample"), *words, shown)
                violations.append(sharing(message, path, are_few(len(pairs), len(sets[other]))))
    return violations


def sharing(message: Message, path: Path, few: bool) -> Violation:
    """The finding for samples that two sets share."""
    violation = Violation("sample-leakage", message, path=path, help=DUPLICATES_HELP)
    return violation.replace(severity="info", notes=(_FEW,)) if few else violation


def _known(samples: Samples) -> Samples:
    if samples.x.dtype.kind != "f" or samples.x.ndim == 1:
        return samples
    empty = per_sample(lambda part: np.asarray(np.isnan(part.reshape(len(part), -1)).all(axis=1)), samples.x)
    return samples.take(np.flatnonzero(~empty)) if empty.any() else samples


def _text(value: object) -> bytes:
    return repr(tuple(value) if isinstance(value, np.ndarray) else value).encode("utf-8", "surrogatepass")


def _words(x: Array, dtype: np.dtype[Any]) -> Array:
    """Samples as rows of 64-bit words; equal samples are equal rows."""
    flat = np.ascontiguousarray(x.astype(dtype, copy=False)).reshape(len(x), -1)
    if flat.dtype.kind == "f":
        # -0.0 equals 0.0.
        flat = flat + 0
    raw = flat.view(np.uint8).reshape(len(x), -1)
    padding = -raw.shape[1] % 8
    if padding:
        raw = np.pad(raw, ((0, 0), (0, padding)))
    return raw.view(np.uint64).reshape(len(x), -1)


def _hash(part: Array, dtype: np.dtype[Any]) -> Array:
    """A hash of each sample; equal samples have equal hashes."""
    if dtype.kind == "O":
        texts = map(_text, part.astype(object, copy=False))
        digests = [hashlib.blake2b(text, digest_size=8).digest() for text in texts]
        return np.frombuffer(b"".join(digests), np.uint64)
    # A random linear hash of its words.
    words = _words(part, dtype)
    factors = np.asarray(np.random.default_rng(0).integers(1, 2**63, size=words.shape[1], dtype=np.uint64))
    factors |= np.uint64(1)
    total = np.zeros(len(words), np.uint64)
    mixed = np.empty(len(words), np.uint64)
    for column, factor in enumerate(factors):
        np.multiply(words[:, column], factor, out=mixed)
        # Multiplication alone maps numbers that differ only in high bits to equal low bits.
        total += mixed ^ (mixed >> np.uint64(29))
    return total


_PRECISION = 1e-4
"""The precision to which values are compared, in standard deviations of their column."""
_RATIO = 20
"""How many times as many equal rows as independent columns would have are reported."""
_REPEATED, _MIN_REPEATED = 0.05, 20
"""The share and the number of repeated rows of one set that are reported."""
_COMPARED = 100_000
_SAMPLE = 20_000
_CHUNK_ROWS = 2**15

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
