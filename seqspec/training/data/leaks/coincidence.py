"""Whether equal rows are copies, or different samples whose columns depend on each other and are equal by chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from seqspec.training.data.samples import Array, Samples
from seqspec.training.data.stored import choose

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
