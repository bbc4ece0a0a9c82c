"""Files that a trained model forecasts from, or is evaluated on: the last window of each series, or all windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from seqspec.core.diagnostics.quote import shorten_list
from seqspec.core.diagnostics.snippet import Help, Setting
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.document.sources import SeriesSource
from seqspec.training.data import missing
from seqspec.training.data.samples import ReadContext, Samples
from seqspec.training.data.series.gaps import Gaps, describe, gaps_of
from seqspec.training.data.series.reader import SeriesFile, read_file
from seqspec.training.data.series.windows import window_inputs
from seqspec.training.data.stored import Array, Values
from seqspec.training.data.time_axis.frequency import Frequency
from seqspec.training.data.time_axis.index import SeriesIndex, Steps
from seqspec.training.errors import DataError

_MAX_SHOWN = 5


@dataclass(frozen=True)
class TrainedSeries:
    """What a run keeps of the series that its model was trained on.

    Attributes:
        features: The input columns without known ones; empty for an array.
        targets: The columns to forecast.
        frequency: The time between two steps; None without time stamps.
        season: The steps of a season.
    """

    features: Sequence[str] = ()
    targets: Sequence[str] = ()
    frequency: Frequency | None = None
    season: int | None = None

    @classmethod
    def of(cls, index: SeriesIndex, features: Sequence[str]) -> TrainedSeries:
        """The series of an index, whose samples have these columns."""
        known = len(index.known)
        return cls(features[: len(features) - known], index.targets, index.frequency, index.season)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for series.json."""
        return {**asdict(self), "features": list(self.features), "targets": list(self.targets)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TrainedSeries:
        """The inverse of `to_dict`."""
        frequency = None if data["frequency"] is None else Frequency(**data["frequency"])
        return cls(data["features"], data["targets"], frequency, data["season"])

    def source(self, source: SeriesSource, path: str) -> SeriesSource:
        """The source of training for another file."""
        columns: dict[str, object] = {"features": list(self.features), "target": list(self.targets)}
        return source.model_copy(update={"path": path, **{key: value for key, value in columns.items() if value}})


def known_steps(source: SeriesSource, context: ReadContext, trained: TrainedSeries, *, labelled: bool) -> Samples:
    """The time steps of a file up to the last row of each series that has values to forecast; raises `DataError`."""
    file = read_file(source, context, frequency=trained.frequency, for_training=labelled)
    return _as_trained(file.steps.take(np.flatnonzero(file.observed)), source, trained)


def _as_trained(steps: Samples, source: SeriesSource, trained: TrainedSeries) -> Samples:
    assert steps.steps is not None
    index = steps.steps.index
    index = replace(index, season=source.season or trained.season, targets=trained.targets or index.targets)
    return replace(steps, steps=Steps(index, steps.steps.rows))


def future_windows(
    source: SeriesSource, context: ReadContext, trained: TrainedSeries, fills: Array | None
) -> tuple[Values, Steps]:
    """The input of the last window of each series, and its last step; `fills` replace missing values.

    Raises:
        DataError: The file has too few rows, a gap in the window, or lacks known values for the steps to forecast.
    """
    file = read_file(source, context, frequency=trained.frequency, for_training=False)
    file = file._replace(steps=_as_trained(file.steps, source, trained))
    origins = _origins(file, source, context)
    x = file.steps.x
    violations = list(_unknown_inputs(file, origins, source, context, filled=fills is not None))
    if violations:
        raise DataError(violations)
    if fills is not None:
        x = missing.filled(x, fills)
    return window_inputs(x, origins.rows - source.window + 1, source, context.input_shape), origins


def _origins(file: SeriesFile, source: SeriesSource, context: ReadContext) -> Steps:
    """The last observed step of each series; raises `DataError` where it does not end a whole window."""
    assert file.steps.steps is not None
    index, name = file.steps.steps.index, Path(source.path).name
    starts = index.first_rows()
    counts = np.add.reduceat(file.observed.astype(np.int64), starts) if len(starts) else starts
    short = np.flatnonzero(counts < source.window)
    if len(short):
        shown = [
            f"{name if index.series is None else index.name_of(int(starts[each]))} has {int(counts[each]):,} rows"
            for each in short[: _MAX_SHOWN + 1]
        ]
        message = f"{shorten_list(shown, _MAX_SHOWN)}; a window needs {source.window:,}"
        raise context.error("short-series", message, "window")
    origins = starts + counts - 1
    whole = index.is_consecutive(origins - source.window + 1, origins)
    if not whole.all():
        origin = int(origins[~whole][0])
        gaps = gaps_of(index)
        inside = (gaps.rows > origin - source.window) & (gaps.rows < origin)
        of = "" if index.series is None else f" of {index.name_of(origin)}"
        found = describe(replace(index, series=None), Gaps(gaps.rows[inside], gaps.sizes[inside]))
        message = f"{name}: the last window{of} ends {index.time_of(origin)} and has a gap: {found}"
        help = Help("add the rows, or train with ", Setting("gaps", {"fill": "linear", "max": ...}))
        raise context.error("series-gap", message, "path", help=help)
    return Steps(index, origins)


def _unknown_inputs(
    file: SeriesFile, origins: Steps, source: SeriesSource, context: ReadContext, *, filled: bool
) -> list[Violation]:
    """Violations for empty values in the windows, and for known values that are missing after them."""
    index, name = origins.index, Path(source.path).name
    is_flat = context.input_shape is not None and len(context.input_shape) == 1
    if file.known and (is_flat or source.horizon == 1):
        found = [_missing_future(file, origins, row, source, context, filled) for row in range(len(origins))]
        if violations := [each for each in found if each is not None]:
            return violations[:_MAX_SHOWN]
    violations = []
    for origin in origins.rows.tolist() if not filled else ():
        first = origin - source.window + 1
        x = np.asarray(file.steps.x[first : origin + 1])
        features = x.shape[1] - file.known if is_flat or source.horizon == 1 else x.shape[1]
        for row, column in np.argwhere(np.isnan(x[:, :features]))[:1]:
            column_name = file.steps.features[int(column)] if file.steps.features else f"column {int(column)}"
            of = "" if index.series is None else f" of {index.name_of(origin)}"
            message = (
                f"{name}: {column_name}{of} is empty at {index.time_of(first + int(row))} "
                f"({file.steps.where(first + int(row))}), in the last window"
            )
            violations.append(context.violation("data-values", message, "path"))
    return violations[:_MAX_SHOWN]


def _missing_future(
    file: SeriesFile, origins: Steps, number: int, source: SeriesSource, context: ReadContext, filled: bool
) -> Violation | None:
    """The violation for a series that lacks known values for the steps to forecast."""
    origin, index, horizon = int(origins.rows[number]), origins.index, source.horizon
    rows = np.arange(origin + 1, min(origin + 1 + horizon, len(index)))
    follows = index.is_consecutive(np.full(len(rows), origin), rows)
    values = np.asarray(file.steps.x[rows[follows]])[:, -file.known :]
    empty = np.isnan(values).any(axis=1) if not filled else np.zeros(len(values), bool)
    steps = int(empty.argmax()) if empty.any() else len(values)
    if steps == horizon:
        return None
    name, of = Path(source.path).name, "" if index.series is None else f" of {index.name_of(origin)}"
    names = " and ".join(filter(None, (", ".join(index.known[:-1]), index.known[-1])))
    ends = "ends there" if not len(rows[follows]) else f"has them for {index.count(steps)}"
    message = f"the forecast{of} needs {names} for {index.count(horizon)} after {index.time_of(origin)}; {name} {ends}"
    target = index.targets[0] if index.targets else "the value to forecast"
    help = f"add to {name} a row for each of the {index.count(horizon)}, with {names} and an empty {target}: "
    help += "each file is forecast by itself"
    return context.violation("data-values", message, "path", help=help)


def summary(origins: Steps, horizon: int) -> str:
    """What is forecast: "24 hours after 2011-12-31 23:00 of 1 series"."""
    index = origins.index
    ends = {index.time_of(row) for row in origins.rows[:1000].tolist()}
    after = next(iter(ends)) if len(ends) == 1 else "the last row of each"
    count = f"{len(origins):,} series"
    return f"{index.count(horizon)} after {after} of {count}"
