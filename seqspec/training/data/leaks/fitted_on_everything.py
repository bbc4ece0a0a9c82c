"""SEQ936: columns that were standardized over the rows of all sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from seqspec.core.api.diagnostics import Path, Violation
from seqspec.core.api.messages import counted, fmt, shorten_list
from seqspec.training.data.leaks.row_values import RowValues
from seqspec.training.data.samples import Array, Samples
from seqspec.training.data.stored import chunks

_EXACT = 1e-6
_CHUNK_ROWS = 2**16


def fitted_on_everything(sets: Mapping[str, Samples], places: Mapping[str, Path], source: Path) -> Iterator[Violation]:
    """The finding of columns that are standardized over the rows of all sets, but not over the training set."""
    values = RowValues(sets["train"])
    train = _moments(sets["train"], values)
    total = sum((_moments(samples, values) for name, samples in sets.items() if name != "train"), train)
    everywhere = _is_standard(total) & ~_is_standard(train) & ~values.exact
    names = [name for name, evidence in zip(values.names, everywhere) if evidence]
    if not names:
        return
    verb = "has" if len(names) == 1 else "have"
    yield Violation(
        "fitted-on-everything",
        fmt(
            "{} {} mean 0 and standard deviation 1 over the rows of all sets, but not over the training set: {}",
            counted(len(names), "column"),
            verb,
            shorten_list(names),
        ),
        path=places.get(names[0], source),
        notes=("values of validation and test rows are part of the scaling, so their results are slightly too good",),
        help="use the unscaled columns, and scale them by a Normalization layer, which adapts to the training set",
    )


def _moments(samples: Samples, values: RowValues) -> Array:
    """Count, sum and sum of squares of each column, of shape (3, columns), without missing values."""
    array = np.zeros((3, len(values.names)))
    for _, part in chunks(samples.x):
        for start in range(0, len(part), _CHUNK_ROWS):
            rows = values.of(part[start : start + _CHUNK_ROWS])
            known = ~np.isnan(rows)
            rows = np.where(known, rows, 0)
            array += np.stack([known.sum(axis=0), rows.sum(axis=0), (rows**2).sum(axis=0)])
    return array


def _is_standard(moments: Array) -> Array:
    """Whether the mean is 0 and the standard deviation 1, of the population or of the sample."""
    count, total, squares = moments
    mean = total / np.maximum(count, 1)
    spread = np.maximum(squares - count * mean**2, 0)
    deviations = [np.sqrt(spread / np.maximum(count - less, 1)) for less in (0, 1)]
    is_one = [np.abs(deviation - 1) < _EXACT for deviation in deviations]
    return np.asarray((np.abs(mean) < _EXACT) & (is_one[0] | is_one[1]))
