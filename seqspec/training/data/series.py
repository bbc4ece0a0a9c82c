"""The source `series`: rows of a time series, cut into windows after they were split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from seqspec.core.diagnostics.violation import Violation
from seqspec.core.document.sources import SeriesSource
from seqspec.training.data.arrays import read_arrays
from seqspec.training.data.columns import ColumnSelection, as_numbers, collect, require_column
from seqspec.training.data.samples import Array, ReadContext, Samples
from seqspec.training.data.stored import RowIndex, StoredArray, Values
from seqspec.training.data.table_files import Table, open_table
from seqspec.training.errors import DataError


def read_series(source: SeriesSource, context: ReadContext) -> Samples:
    """The time steps of a series: `x` the features, `y` the values to forecast, one row per time step."""
    if source.path.endswith(".npy"):
        from seqspec.core.document.sources import ArraysSource

        found = read_arrays(ArraysSource(type="arrays", path=source.path), context)
        x = found.x.astype(np.float32)
        if x.ndim == 1:
            x = x.mapped(_column, (1,)) if isinstance(x, StoredArray) else _column(x)
        return Samples(x, x, files=found.files, series=True)
    table = open_table(context, source.path)
    violations: list[Violation] = []
    features = source.features or _numeric(table, set(context.columns))
    targets = [source.target] if isinstance(source.target, str) else list(source.target or features)
    for number, name in enumerate(features):
        require_column(table, name, context, ("features", number), violations)
    for number, name in enumerate(targets if source.target is not None else ()):
        key = ("target",) if isinstance(source.target, str) else ("target", number)
        require_column(table, name, context, key, violations)
    for name in context.columns:
        require_column(table, name, context, (), violations)
    if not features and not violations:
        message = "the table has no column of numbers"
        violations.append(context.violation("data-column", message, help="name features"))
    if violations:
        raise DataError(violations)
    selection = ColumnSelection({"features": features, "target": targets}, others=context.columns)
    columns = collect(table, context, source.path, selection)
    x, y = columns.numbers["features"], columns.numbers["target"]
    return Samples(x, y, None, columns.others, features, targets, table.files, table.row_name, series=True)


def _numeric(table: Table, others: set[str]) -> list[str]:
    """The columns whose values in the first rows are numbers."""
    names = [name for name in table.names if name not in others]
    first = next(iter(table.blocks(names)), {}) if names else {}
    found = []
    for name, values in first.items():
        try:
            as_numbers(values)
        except (ValueError, TypeError):
            continue
        found.append(name)
    return found


def windows(steps: Samples, source: SeriesSource, input_shape: Sequence[int | None] | None) -> Samples:
    """Input windows and the values that follow each of them.

    Inputs have the shape (window, features), or (window,) where the model's input has rank 1 and there is one feature;
    labels (horizon * targets,).
    """
    assert steps.y is not None
    starts = np.arange(0, len(steps) - source.window - source.horizon + 1, source.stride)
    if not len(starts):
        return steps.take(starts)
    flat = input_shape is not None and len(input_shape) == 1
    x = _windows(steps.x, starts, source.window, flat)
    after = _windows(steps.y, starts + source.window, source.horizon, True)
    where = steps.where
    return Samples(
        x,
        after,
        features=steps.features,
        labels=steps.labels,
        files=steps.files,
        where=lambda row: f"the window at {where(int(starts[row]))}",
        label_features=_label_features(steps),
    )


def _label_features(steps: Samples) -> list[int]:
    """The places of the labels among the features of a time step, counted from the end; empty if one is not there."""
    if not steps.labels:
        # The columns of an array have no names, and all of them are forecast.
        return list(range(-steps.x.shape[1], 0))
    features = list(steps.features)
    if not set(steps.labels) <= set(features):
        return []
    return [features.index(name) - len(features) for name in steps.labels]


def _windows(steps: Values, starts: Array, length: int, flat: bool) -> Values:
    """Windows of `length` time steps; those of a series on disk are cut when they are read."""
    shape = (length * steps.shape[1],) if flat else (length, steps.shape[1])
    if not isinstance(steps, StoredArray):
        found: Array = sliding_window_view(steps, length, axis=0)[starts].swapaxes(1, 2)
        return np.ascontiguousarray(found.reshape(len(found), *shape))

    def cut(rows: RowIndex) -> Array:
        first = starts[rows]
        inside = first[:, None] + np.arange(length)
        return steps[inside.reshape(-1)].reshape(len(first), *shape)

    return StoredArray(cut, len(starts), shape, steps.dtype)


def _column(x: Array) -> Array:
    return x[:, None]
