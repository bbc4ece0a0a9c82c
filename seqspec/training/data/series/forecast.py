"""Files that a trained model forecasts from, or is evaluated on: the last window of each series, or all windows."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqspec.core.api.data import SeriesSource
from seqspec.core.api.diagnostics import Violation
from seqspec.core.api.messages import SHOWN, Setting, counted, fmt, shorten_list
from seqspec.training.data import missing
from seqspec.training.data.number_columns import UnreadableCell
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.samples import Samples
from seqspec.training.data.series.calendar import continued
from seqspec.training.data.series.gaps import Gaps, describe, gaps_of
from seqspec.training.data.series.reader import SeriesFile, read_file
from seqspec.training.data.series.windows import window_inputs
from seqspec.training.data.stored import Array, Values
from seqspec.training.data.time_axis.frequency import Frequency
from seqspec.training.data.time_axis.index import MAX_NAMES, SeriesIndex, StepRows
from seqspec.training.errors import DataError

_CORRECT = "correct the cell; a target may be empty"


@dataclass(frozen=True)
class TrainedSeries:
    """What a run keeps of the series that its model was trained on.

    Attributes:
        features: The input columns without known ones; empty for an array.
        targets: The columns to forecast.
        frequency: The time between two steps; None without time stamps.
        season: The steps of a season.
        names: The names of several series; empty for a single one, and in runs of older versions.
    """

    features: Sequence[str] = ()
    targets: Sequence[str] = ()
    frequency: Frequency | None = None
    season: int | None = None
    names: Sequence[str] = ()

    @classmethod
    def of(cls, index: SeriesIndex, features: Sequence[str]) -> TrainedSeries:
        """The series of an index, whose samples have these columns."""
        known = len(index.known) + len(index.calendar)
        names = [] if index.series is None else list(index.names)
        return cls(features[: len(features) - known], index.targets, index.frequency, index.season, names)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for series.json."""
        return {**asdict(self), "features": list(self.features), "targets": list(self.targets)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TrainedSeries:
        """The inverse of `to_dict`."""
        frequency = None if data["frequency"] is None else Frequency(**data["frequency"])
        return cls(data["features"], data["targets"], frequency, data["season"], data.get("names", ()))

    def source(self, source: SeriesSource, path: str) -> SeriesSource:
        """The source of training for another file."""
        columns: dict[str, object] = {"features": list(self.features), "target": list(self.targets)}
        return source.model_copy(update={"path": path, **{key: value for key, value in columns.items() if value}})


def known_steps(source: SeriesSource, context: ReadContext, trained: TrainedSeries, *, labelled: bool) -> Samples:
    """The time steps of a file up to the last row of each series that has values to forecast; raises `DataError`."""
    file = read_file(source, context, frequency=trained.frequency, for_training=labelled)
    return _as_trained(file.steps.take(np.flatnonzero(file.observed)), source, trained)


def _as_trained(steps: Samples, source: SeriesSource, trained: TrainedSeries) -> Samples:
    index = steps.series_steps.index
    index = replace(index, season=source.season or trained.season, targets=trained.targets or index.targets)
    return replace(steps, steps=StepRows(index, steps.series_steps.rows))


class FutureWindows(NamedTuple):
    """The input of the last window of each series, and its last step.

    `errors` say why series have none, by their place among these: they have the input of another series. `notes` are
    what is to be said about the file.
    """

    x: Values
    origins: StepRows
    errors: Mapping[int, str]
    notes: Sequence[str] = ()


def future_windows(
    source: SeriesSource, context: ReadContext, trained: TrainedSeries, fills: Array | None, *, marked: bool = False
) -> FutureWindows:
    """The windows before the future; `fills` replace missing values.

    With `marked`, series that cannot be forecast are marked, if others can: those with a cell that cannot be read, an
    empty known value, too few rows, a gap in the last window, or without rows of the future.

    Raises:
        DataError: The file has too few rows, a gap in the window, or lacks known values for the steps to forecast.
    """
    file = read_file(source, context, frequency=trained.frequency, for_training=False, lenient=True)
    file = file._replace(steps=_as_trained(file.steps, source, trained))
    index = file.steps.series_steps.index
    starts = index.first_rows()
    last = starts + (np.add.reduceat(file.observed.astype(np.int64), starts) if len(starts) else starts) - 1
    cells = _unreadable(file, last, source)
    for number, unreadable in cells.items():
        # A last value that cannot be read is not a step of the future.
        last[number] = max(
            last[number], *(row for row, cell in unreadable if cell.column in index.targets), starts[number]
        )
    errors = dict(zip(cells, _texts(file, cells)))
    if fills is None and _sees_future(source, context):
        for number, origin in enumerate(last.tolist()):
            if number not in errors and (text := _empty_known(file, origin, source)) is not None:
                errors[number] = text
    if marked:
        errors |= _own_errors(file, StepRows(index, last), errors, source, context, filled=fills is not None)
    errors = dict(sorted(errors.items()))
    if errors and not (marked and len(errors) < len(last)):
        violations = [context.violation("data-values", text, "path", help=_CORRECT) for text in errors.values()]
        raise DataError(_shortened(violations, last[list(errors)], index, context))
    good = np.array([number for number in range(len(last)) if number not in errors], np.int64)
    violations = _refused(file, StepRows(index, last[good]), starts[good], source, context, filled=fills is not None)
    if violations:
        raise DataError(violations)
    x = file.steps.x
    if fills is not None:
        x = missing.filled(x, fills)
    ends = last.copy()
    ends[list(errors)] = last[good[0]]
    starts = ends - source.window + 1
    if source.calendar and not source.known:
        x, starts = continued(x, StepRows(index, ends), source)
    x = window_inputs(x, starts, source, context.input_shape)
    notes = [*_unseen(index, trained), *_surplus(index, last, source)]
    used = {cell for unreadable in cells.values() for _, cell in unreadable}
    unused = [row for row, cell in file.unreadable if cell not in used]
    if unused:
        where = file.steps.where(unused[0])
        notes.append(f"{counted(len(unused), 'cell')} before the last windows cannot be read: {where}")
    return FutureWindows(x, StepRows(index, last), errors, notes)


def _unseen(index: SeriesIndex, trained: TrainedSeries) -> Iterator[str]:
    """That the model was not trained on some of several series, in words."""
    known = set(trained.names)
    if known and (names := [name for name in index.names if name not in known]):
        verb = "is" if len(names) == 1 else "are"
        yield f"{len(names):,} series {verb} not in the training data: {shorten_list(names, MAX_NAMES)}"


def _surplus(index: SeriesIndex, last: Array, source: SeriesSource) -> Iterator[str]:
    """That rows after those to forecast are not used, in words."""
    after = np.append(index.first_rows()[1:], len(index)) - 1 - last
    surplus = int(np.maximum(after - source.horizon, 0).sum())
    if surplus:
        verb = "is" if surplus == 1 else "are"
        yield f"{counted(surplus, 'row')} after the {index.count(source.horizon)} of the forecast {verb} not used"


def _own_errors(
    file: SeriesFile,
    origins: StepRows,
    known: Container[int],
    source: SeriesSource,
    context: ReadContext,
    *,
    filled: bool,
) -> dict[int, str]:
    """Why series cannot be forecast although their cells can be read, without the `known` ones; empty if all cannot."""
    starts, errors, good = origins.index.first_rows(), dict[int, str](), 0
    for number in range(len(origins)):
        one = StepRows(origins.index, origins.rows[number : number + 1])
        if number in known:
            continue
        violations = _refused(file, one, starts[number : number + 1], source, context, filled=filled)
        if violations:
            errors[number] = "; ".join(str(violation.message) for violation in violations)
        else:
            good += 1
    return errors if good else {}


def _sees_future(source: SeriesSource, context: ReadContext) -> bool:
    """Whether the inputs have columns that are known for the steps to forecast."""
    is_flat = context.input_shape is not None and len(context.input_shape) == 1
    return bool(source.known) and (is_flat or source.horizon == 1)


_Cells = Mapping[int, Sequence[tuple[int, UnreadableCell]]]


def _unreadable(file: SeriesFile, last: Array, source: SeriesSource) -> _Cells:
    """The cells of each series that cannot be read, in its last window or after it."""
    starts = file.steps.series_steps.index.first_rows()
    cells_by_series: dict[int, list[tuple[int, UnreadableCell]]] = {}
    for row, cell in file.unreadable:
        number = int(np.searchsorted(starts, row, "right")) - 1
        if row > last[number] - source.window:
            cells_by_series.setdefault(number, []).append((row, cell))
    return dict(sorted(cells_by_series.items()))


def _texts(file: SeriesFile, cells: _Cells) -> list[str]:
    """What cannot be read of each series."""
    index, texts = file.steps.series_steps.index, []
    for unreadable in cells.values():
        row, cell = unreadable[0]
        more = f", and {counted(len(unreadable) - 1, 'further cell')}" if len(unreadable) > 1 else ""
        what = f"{cell.column}{index.of_series(row)} has {cell.value[:40]!r}"
        texts.append(f"{what}, not a number ({file.steps.where(row)}){more}")
    return texts


def _refused(
    file: SeriesFile, origins: StepRows, starts: Array, source: SeriesSource, context: ReadContext, *, filled: bool
) -> list[Violation]:
    """Violations for series that cannot be forecast: their last windows, and the rows of the future."""
    violations = _bad_windows(file, origins, starts, source, context)
    if _sees_future(source, context):
        violations += _missing_futures(file, origins, source, context)
    return violations if violations or filled else _empty_inputs(file, origins, source, context)


def _bad_windows(
    file: SeriesFile, origins: StepRows, starts: Array, source: SeriesSource, context: ReadContext
) -> list[Violation]:
    """Violations for series whose last observed step does not end a whole window."""
    index, name = origins.index, Path(source.path).name
    counts = origins.rows - starts + 1
    short = np.flatnonzero(counts < source.window)
    if len(short):
        shown = [
            f"{name if index.series is None else index.name_of(int(starts[origin]))} has {int(counts[origin]):,} rows"
            for origin in short
        ]
        message = f"{shorten_list(shown, MAX_NAMES)}; a window needs {source.window:,}"
        past = f"the last {source.window:,} known rows of each series"
        help = fmt("write {} into this file, before the rows of the future", past)
        return [context.violation("short-series", message, "window", help=help)]
    rows = origins.rows
    whole = index.is_consecutive(rows - source.window + 1, rows)
    if whole.all():
        return []
    gaps, violations = gaps_of(index), []
    help = fmt("add the rows, or train with {}", Setting("gaps", {"fill": "linear", "max": ...}))
    for origin in rows[~whole].tolist():
        inside = (gaps.rows > origin - source.window) & (gaps.rows < origin)
        gaps_text = describe(replace(index, series=None), Gaps(gaps.rows[inside], gaps.sizes[inside]))
        ends = f"{index.of_series(origin)} ends {index.time_of(origin)}"
        message = f"{name}: the last window{ends} and has a gap: {gaps_text}"
        violations.append(context.violation("series-gap", message, "path", help=help))
    return _shortened(violations, rows[~whole], index, context)


def _shortened(
    violations: Sequence[Violation], rows: Array, index: SeriesIndex, context: ReadContext
) -> list[Violation]:
    """The first violations, the last of them with the names of the other series; `rows` is a row of each."""
    if len(violations) <= SHOWN + 1 or index.series is None:
        return list(violations)
    names = [str(index.names[number]) for number in index.series[rows[SHOWN:]].tolist()]
    message = f"the same of {len(names):,} more series: {shorten_list(names, MAX_NAMES)}"
    return [*violations[:SHOWN], context.violation(violations[0].rule, message, "path")]


def _missing_futures(
    file: SeriesFile, origins: StepRows, source: SeriesSource, context: ReadContext
) -> list[Violation]:
    """Violations for series without the known values of all steps to forecast."""
    violations = {row: _missing_future(file, origins, row, source, context) for row in range(len(origins))}
    lacking = {row: violation for row, violation in violations.items() if violation is not None}
    return _shortened([*lacking.values()], origins.rows[[*lacking]], origins.index, context)


def _empty_inputs(file: SeriesFile, origins: StepRows, source: SeriesSource, context: ReadContext) -> list[Violation]:
    """Violations for empty values in the windows."""
    index, name = origins.index, Path(source.path).name
    future = _sees_future(source, context)
    violations, rows = [], []
    for origin in origins.rows.tolist():
        first = origin - source.window + 1
        x = np.asarray(file.steps.x[first : origin + 1])
        features = x.shape[1] - source.known_values if future else x.shape[1]
        for row, column in np.argwhere(np.isnan(x[:, :features]))[:1]:
            column_name = file.steps.features[int(column)] if file.steps.features else f"column {int(column)}"
            of = index.of_series(origin)
            message = (
                f"{name}: {column_name}{of} is empty at {index.time_of(first + int(row))} "
                f"({file.steps.where(first + int(row))}), in the last window"
            )
            violations.append(context.violation("data-values", message, "path"))
            rows.append(origin)
    return _shortened(violations, np.array(rows), index, context)


def _empty_known(file: SeriesFile, origin: int, source: SeriesSource) -> str | None:
    """What is said of empty known values after the last row of a series, `origin`; None without any."""
    index, rows = file.steps.series_steps.index, _future_rows(file, origin, source)
    empty = np.isnan(np.asarray(file.steps.x[rows])[:, -source.known_values :])
    if not empty.any():
        return None
    step = int(empty.any(axis=1).argmax())
    column = index.known[int(empty[step].argmax())]
    of = index.of_series(origin)
    row = int(rows[step])
    text = f"the forecast{of} needs {column} at {index.time_of(row)}, which is empty ({file.steps.where(row)})"
    more = int(empty.sum()) - 1
    return f"{text}, and {counted(more, 'further known value')} after {index.time_of(origin)}" if more else text


def _future_rows(file: SeriesFile, origin: int, source: SeriesSource) -> Array:
    """The rows of the steps to forecast, as far as there are any."""
    index = file.steps.series_steps.index
    rows = np.arange(origin + 1, min(origin + 1 + source.horizon, len(index)))
    return rows[index.is_consecutive(np.full(len(rows), origin), rows)]


def _missing_future(
    file: SeriesFile, origins: StepRows, number: int, source: SeriesSource, context: ReadContext
) -> Violation | None:
    """The violation for a series without rows for all steps to forecast, with their known values."""
    origin, index, horizon = int(origins.rows[number]), origins.index, source.horizon
    steps = len(_future_rows(file, origin, source))
    if steps == horizon:
        return None
    name, of = Path(source.path).name, index.of_series(origin)
    names = " and ".join(filter(None, (", ".join(index.known[:-1]), index.known[-1])))
    row = origin + steps
    goes_on = row + 1 < len(index) and (index.series is None or index.series[row + 1] == index.series[row])
    ends = f"has them for {index.count(steps)}" if steps else "ends there"
    if goes_on:
        ends = f"has no row of {index.time_of(row, 1)}"
    message = f"the forecast{of} needs {names} for {index.count(horizon)} after {index.time_of(origin)}; {name} {ends}"
    target = index.targets[0] if index.targets else "the value to forecast"
    help = f"add to {name} a row for each of the {index.count(horizon)}, with {names} and an empty {target}: "
    help += "each file is forecast by itself"
    return context.violation("data-values", message, "path", help=help)


def summary(origins: StepRows, horizon: int) -> str:
    """What is forecast: "24 hours after 2011-12-31 23:00 of 1 series"."""
    index = origins.index
    ends = {index.time_of(row) for row in origins.rows[:1000].tolist()}
    after = next(iter(ends)) if len(ends) == 1 else "the last row of each"
    count = f"{len(origins):,} series"
    return f"{index.count(horizon)} after {after} of {count}"
