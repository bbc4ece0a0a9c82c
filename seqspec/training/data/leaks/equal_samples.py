"""Equal samples in two sets."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seqspec.core.api.diagnostics import Path, Violation
from seqspec.core.api.messages import Message, Number, counted
from seqspec.training.data.samples import Array, Samples
from seqspec.training.data.stored import Values, chunks, per_sample

_MAX_SHOWN = 3
_CHUNK_ROWS = 1024
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
        for start in range(0, len(candidates), _CHUNK_ROWS):
            mine = candidates[start : start + _CHUNK_ROWS]
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
