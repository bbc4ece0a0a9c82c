"""Columns of numbers that say the same as another one, up to rounding."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seqspec.training.data.stored import Array

_CLOSE = 0.01
"""Maximum difference of related columns, in standard deviations: less than that of numbers rounded to cents."""
_MIN_ROWS = 3


def related_pairs(matrix: Array) -> Iterator[tuple[int, int]]:
    """The pairs of columns that correlate and are missing in the same rows, the earlier one first.

    Args:
        matrix: The columns, (columns, rows); missing values are not finite.
    """
    known = np.isfinite(matrix)
    values = np.where(known, matrix, 0.0)
    mean = values.sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    centered = np.where(known, values - mean, 0.0)
    norms = np.sqrt((centered**2).sum(axis=1, keepdims=True))
    centered /= np.maximum(norms, 1e-150)
    for first, second in np.argwhere(np.triu(np.abs(centered @ centered.T) >= 1 - _CLOSE, 1)).tolist():
        if (known[first] == known[second]).all() and known[first].sum() >= _MIN_ROWS:
            yield first, second


def is_close(values: Array, expected: Array) -> bool:
    """Whether values are the expected ones but for rounding."""
    return bool(np.abs(values - expected).max() <= _CLOSE * values.std())


def proportion(x: Array, y: Array) -> float | None:
    """The factor with which `y` is `x` times it but for rounding; None if there is none."""
    squares = float((x * x).sum())
    factor = float((x * y).sum()) / squares if squares else 0.0
    return factor if factor and is_close(y, factor * x) else None
