"""The season of a series: of those of the calendar the one whose repetition is the better forecast."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from seqspec.training.data.stored import Array
from seqspec.training.data.time_axis.index import SeriesIndex, Steps

TRAINED = 0.7
"""The part of each series, the oldest one, that seasons are compared on: what is trained on by default."""
_MAX_ROWS = 20_000


class Season(NamedTuple):
    """A number of steps, and the mean absolute errors of repeating each season of the calendar, if there are several.

    The errors are relative to the standard deviation for several values to forecast.
    """

    steps: int | None
    errors: Mapping[int, float] = {}


def season_of(index: SeriesIndex, horizon: int) -> Season:
    """The season of steps with values to forecast; the first of the calendar where errors cannot be compared."""
    if index.frequency is None or not len(index):
        return Season(None)
    bounds = np.r_[index.first_rows(), len(index)]
    lengths = np.diff(bounds)
    shortest, longest = int(lengths.min()), int(lengths.max())
    # A short series has no window of a long season.
    candidates = index.frequency.seasons(longest)[:1] + index.frequency.seasons(shortest)[1:]
    if len(candidates) < 2:
        return Season(candidates[0] if candidates else None)
    trained = np.concatenate([np.arange(start, start + int(TRAINED * (end - start)))
                              for start, end in pairwise(bounds.tolist())])  # fmt: skip
    chosen = trained[np.unique(np.linspace(0, len(trained) - 1, _MAX_ROWS).astype(np.int64))]
    steps = Steps(index, chosen)
    truth = steps.values()
    if index.filled is not None:
        truth[index.filled[chosen]] = np.nan
    errors = {season: _error(steps, truth, season, horizon) for season in candidates}
    both = np.all([~np.isnan(error) for error in errors.values()], axis=0)
    if not both.any():
        return Season(candidates[0])
    scale = np.nanstd(truth, axis=0) if truth.shape[1] > 1 else np.ones(1)
    scale[scale == 0] = 1
    means = {season: float(np.mean((each / scale)[both])) for season, each in errors.items()}
    return Season(min(means, key=means.__getitem__), means)


def _error(steps: Steps, truth: Array, season: int, horizon: int) -> Array:
    """The absolute error of each step, the mean over its distances from an origin."""
    distances, counts = np.unique(season * -(-np.arange(1, horizon + 1) // season), return_counts=True)
    error = np.zeros_like(truth)
    for distance, count in zip(distances.tolist(), counts.tolist()):
        error += count / horizon * np.abs(steps.values(-distance) - truth)
    return error
