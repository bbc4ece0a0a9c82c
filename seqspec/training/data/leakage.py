"""Equal samples in two sets."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from seqspec.diagnostics.message import Message, Number
from seqspec.training.data.samples import Array, Samples
from seqspec.training.data.stored import Values, chunks, per_sample

_SHOWN = 3
_AT_ONCE = 1024


def shared_samples(first: Values, second: Values) -> list[tuple[int, int]]:
    """Pairs of rows (of the first and of the second set) whose inputs are equal; one pair per row of the second."""
    if first.shape[1:] != second.shape[1:] or not len(first) or not len(second):
        return []
    if first.dtype == object or second.dtype == object:
        keys: dict[object, int] = {}
        for start, part in chunks(first):
            for row, value in enumerate(part, start):
                keys.setdefault(_key(value), row)
        return [
            (keys[_key(value)], row)
            for start, part in chunks(second)
            for row, value in enumerate(part, start)
            if _key(value) in keys
        ]
    hashes, rows = np.unique(_hashes(first, first.dtype), return_index=True)
    own = _hashes(second, first.dtype)
    at = np.minimum(np.searchsorted(hashes, own), len(hashes) - 1)
    candidates = np.flatnonzero(hashes[at] == own)
    found = []
    for start in range(0, len(candidates), _AT_ONCE):
        mine = candidates[start : start + _AT_ONCE]
        others = rows[at[mine]]
        equal = (_words(first[others], first.dtype) == _words(second[mine], first.dtype)).all(axis=1)
        found += [(int(other), int(row)) for other, row in zip(others[equal], mine[equal])]
    return found


def _hashes(values: Values, dtype: object) -> Array:
    return per_sample(lambda part: _hash(_words(part, dtype)), values)


def leaks(sets: Mapping[str, Samples]) -> list[Message]:
    """A message for each pair of sets with equal samples; samples without any value are not compared."""
    found = []
    sets = {name: _known(samples) for name, samples in sets.items()}
    names = list(sets)
    for index, name in enumerate(names):
        for other in names[index + 1 :]:
            pairs = shared_samples(sets[name].x, sets[other].x)
            if pairs:
                shown = "; ".join(f"{sets[name].where(a)} = {sets[other].where(b)}" for a, b in pairs[:_SHOWN]) + (
                    "; …" if len(pairs) > _SHOWN else ""
                )
                share = len(pairs) / len(sets[other])
                words = (
                    " samples of the ",
                    other,
                    " set (",
                    Number(share, ".1%"),
                    ") are also in the ",
                    name,
                    " set: ",
                )
                found.append(Message(Number(len(pairs), ","), *words, shown))
    return found


def _known(samples: Samples) -> Samples:
    if samples.x.dtype.kind != "f" or samples.x.ndim == 1:
        return samples
    empty = per_sample(lambda part: np.asarray(np.isnan(part.reshape(len(part), -1)).all(axis=1)), samples.x)
    return samples.take(np.flatnonzero(~empty)) if empty.any() else samples


def _key(value: object) -> object:
    key = tuple(value) if isinstance(value, np.ndarray) else value
    # Texts on disk are not kept in memory to compare them.
    return hashlib.blake2b(repr(key).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _words(x: Array, dtype: Any) -> Array:
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


def _hash(words: Array) -> Array:
    """A random linear hash of each row; equal rows have equal hashes."""
    factors: Any = np.random.default_rng(0).integers(1, 2**63, size=words.shape[1], dtype=np.uint64) | np.uint64(1)
    total = np.zeros(len(words), np.uint64)
    mixed = np.empty(len(words), np.uint64)
    for column, factor in enumerate(factors):
        np.multiply(words[:, column], factor, out=mixed)
        # Multiplication alone keeps the low bits of numbers that differ only in high ones.
        total += mixed ^ (mixed >> np.uint64(29))
    return total
