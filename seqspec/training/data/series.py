"""The source `series`: rows of a time series, cut into windows after they were split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from seqspec.diagnostics.violation import Violation
from seqspec.document.sources import SeriesSource
from seqspec.training.data.arrays import read_arrays
from seqspec.training.data.samples import Array, Request, Samples
from seqspec.training.data.table import number_column, read_frame, require_column, row_name
from seqspec.training.errors import DataError


def read_series(source: SeriesSource, request: Request) -> Samples:
    """The time steps of a series: `x` the features, `y` the values to forecast, one row per time step."""
    if source.path.endswith(".npy"):
        from seqspec.document.sources import ArraysSource

        found = read_arrays(ArraysSource(type="arrays", path=source.path), request)
        x = found.x.astype(np.float32)
        x = x[:, None] if x.ndim == 1 else x
        return Samples(x, x, files=found.files, series=True)
    frame = read_frame(request, source.path)
    violations: list[Violation] = []
    others = set(request.columns)
    features = source.features or [name for name in frame.columns if name not in others]
    targets = [source.target] if isinstance(source.target, str) else list(source.target or features)
    for key, names in (("features", features), ("target", targets)):
        for name in names:
            require_column(frame, name, request, key, violations)
    for name in request.columns:
        require_column(frame, name, request, None, violations)
    if violations:
        raise DataError(violations)
    x = np.stack([number_column(frame, name, request, "features", violations) for name in features], axis=1)
    y = np.stack([number_column(frame, name, request, "target", violations) for name in targets], axis=1)
    if violations:
        raise DataError(violations)
    columns = {name: np.asarray(frame.columns[name]) for name in request.columns}
    return Samples(x, y, None, columns, features, targets, frame.files, row_name(frame), series=True)


def windows(steps: Samples, source: SeriesSource, input_shape: Sequence[int | None] | None) -> Samples:
    """Input windows and the values that follow each of them.

    Inputs have the shape (window, features), or (window,) where the model's input has rank 1 and there is one feature;
    labels (horizon * targets,).
    """
    assert steps.y is not None
    starts = np.arange(0, len(steps) - source.window - source.horizon + 1, source.stride)
    if not len(starts):
        return steps.take(starts)
    x: Array = sliding_window_view(steps.x, source.window, axis=0)[starts].swapaxes(1, 2)
    if input_shape is not None and len(input_shape) == 1:
        x = x.reshape(len(x), -1)
    after = sliding_window_view(steps.y[source.window :], source.horizon, axis=0)[starts].swapaxes(1, 2)
    where = steps.where
    return Samples(
        np.ascontiguousarray(x),
        np.ascontiguousarray(after.reshape(len(after), -1)),
        features=steps.features,
        labels=steps.labels,
        files=steps.files,
        where=lambda row: f"the window at {where(int(starts[row]))}",
    )
