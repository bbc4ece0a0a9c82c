"""When a value is far from all others: by how much it is outside of their range."""

from __future__ import annotations

import numpy as np

from seqspec.training.data.stored import Array

_FAR = 2
"""How many times the width of a range a value is outside of it to be far from it."""


def far_bounds(low: Array | float, high: Array | float, widths: float = _FAR) -> tuple[Array, Array]:
    """The smallest and the largest value that are not far from a range; one without width counts as wide as its value.

    Of logarithms, a width of the range is enough.
    """
    low, high = np.asarray(low), np.asarray(high)
    distance = widths * np.where(high > low, high - low, np.maximum(np.abs(high), 1))
    return low - distance, high + distance
