"""The source `series`: rows of a time series, sorted, checked and filled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from seqspec.core.api.data import ArraysSource, GapFill, SeriesSource
from seqspec.core.api.diagnostics import Violation
from seqspec.core.api.messages import SHOWN, Setting, counted, fmt, shorten_list
from seqspec.training.data.arrays import read_arrays
from seqspec.training.data.columns import ColumnSelection, collect
from seqspec.training.data.encoding.date_formats import TIME_EXAMPLES, text_format
from seqspec.training.data.encoding.dates import is_iso
from seqspec.training.data.number_columns import UnreadableCell
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.samples import Array, Samples
from seqspec.training.data.series.calendar import calendar_names, with_calendar
from seqspec.training.data.series.checks import findings
from seqspec.training.data.series.gaps import (
    EmptyCells,
    Filling,
    advice,
    closed_days,
    coded_columns,
    describe,
    fill_cells,
    fill_gaps,
    gaps_of,
)
from seqspec.training.data.series.short_series import without_short_series
from seqspec.training.data.shards import Block, Column
from seqspec.training.data.stored import StoredArray, Values, choose, concatenate, per_sample
from seqspec.training.data.tables.cells import as_list, as_numbers, is_missing
from seqspec.training.data.tables.named_columns import require_columns
from seqspec.training.data.tables.table_files import DataTable, open_table
from seqspec.training.data.time_axis.frequency import Frequency, frequency_of
from seqspec.training.data.time_axis.index import SeriesIndex, StepRows, season_of
from seqspec.training.data.time_axis.times import InvalidTime, TimeFormat, read_times, repeated_hour

_SEVERAL = 0.2
"""The share of rows that repeat a time from which they may be those of several series."""
_LOOKED_AT = 100
"""Rows from which columns of dates are recognized."""


class SeriesFile(NamedTuple):
    """The rows of a file as they are used: features, then known columns, and what is to be reported about them.

    Attributes:
        steps: The time steps; `y` is None in a file for predictions that lacks the columns to forecast.
        observed: Whether each row has values to forecast, which the rows of the future have not.
        unreadable: Cells that were read as missing values, each with its row among `steps`.
    """

    steps: Samples
    observed: Array
    unreadable: Sequence[tuple[int, UnreadableCell]] = ()


def read_series(source: SeriesSource, context: ReadContext) -> Samples:
    """The time steps of a series: `x` the features, `y` the values to forecast, one row per time step."""
    file = read_file(source, context, frequency=None, for_training=True)
    steps = file.steps
    if not file.observed.any():
        names = shorten_list(steps.labels or steps.features)
        raise context.error("data-values", f"no row has a value of {names}", "target" if source.target else "path")
    if not file.observed.all():
        # A file for forecasts continues with known values, which cannot be trained on.
        steps = steps.take(np.flatnonzero(file.observed))
    steps = without_short_series(steps, source, context)
    index = steps.series_steps.index
    if index.season is None and index.frequency is not None:
        index = replace(index, season=season_of(index, source.horizon).steps)
        steps = replace(steps, steps=StepRows(index, steps.series_steps.rows))
    return replace(steps, warnings=[*steps.warnings, *findings(steps, source, context)])


def read_file(
    source: SeriesSource,
    context: ReadContext,
    *,
    frequency: Frequency | None,
    for_training: bool,
    lenient: bool = False,
) -> SeriesFile:
    """The rows of a file, with those of the future.

    Args:
        source: The source.
        context: The context in which it is read.
        frequency: The time between two steps of the training data; None where it is inferred.
        for_training: Whether the columns to forecast are required, and gaps refused unless they are allowed.
        lenient: Whether a few cells without a number are read as missing values.
    """
    if source.path.endswith(".npy"):
        return _read_array(source, context)
    table = open_table(context, source.path, dialect=source.dialect)
    features, targets, warnings = _columns(table, source, context, for_training)
    known = list(source.known or ())
    others = list(dict.fromkeys([*context.columns, *filter(None, (source.time, source.group))]))
    groups = {"features": features, "known": known, "target": targets}
    wanted = ColumnSelection({key: group for key, group in groups.items() if group}, others=others, lenient=lenient)
    columns = collect(table, context, wanted)
    x = columns.numbers["features"]
    if known:
        x = concatenate(x, columns.numbers["known"])
    rows = Rows(table, source, context, len(x))
    order, index = rows.index(columns.others, frequency)
    warnings += rows.notes
    y = columns.numbers.get("target")
    if order is not None:
        x, y = choose(x, order), None if y is None else choose(y, order)
    index = replace(index, y=y, targets=targets)
    place = _identity if order is None else order.__getitem__
    where: Callable[[int], str] = partial(_row_name, table, place)
    filling = None
    observed = _observed(index, x, len(features), bool(known) or not for_training)
    if index.step is not None:
        index, filling, gap_warnings = _without_gaps(index, observed, source, context, for_training)
        warnings += gap_warnings
        if filling is not None:
            x, y = filling.values(x, coded_columns(x, len(features))), index.y
            observed = observed[filling.left]
            where = partial(_filled_name, where, filling, index.filled, index)
        if isinstance(source.gaps, GapFill):
            x, index, cells = fill_cells(x, index, features, source.gaps)
            y = index.y
            warnings += _cell_findings(cells, index, source.gaps, context)
    if source.calendar is not None:
        x = with_calendar(x, index, source, context)
    kept = {name: _placed(columns.others[name], order, filling) for name in context.columns}
    steps = Samples(
        x, y, None, kept, [*features, *known, *index.calendar], targets, table.files, where,
        warnings=[*columns.warnings, *warnings], steps=StepRows(index, np.arange(len(index))),
    )  # fmt: skip
    return SeriesFile(steps, observed, _places(columns.unreadable, order, filling))


def _placed(values: Array, order: Array | None, filling: Filling | None) -> Array:
    """Values of the rows of a file at the steps of the series; a filled step has that of the step before."""
    ordered = values if order is None else values[order]
    return ordered if filling is None else np.asarray(ordered[filling.left])


def _places(
    cells: Sequence[UnreadableCell], order: Array | None, filling: Filling | None
) -> list[tuple[int, UnreadableCell]]:
    """Each cell with its row among the steps."""
    rows = np.array([cell.row for cell in cells], np.int64)
    if order is not None:
        rows = np.argsort(order)[rows]
    if filling is not None:
        rows = np.searchsorted(filling.left, rows)
    return list(zip(rows.tolist(), cells))


def _read_array(source: SeriesSource, context: ReadContext) -> SeriesFile:
    for key in ("time", "group", "known"):
        if getattr(source, key):
            raise context.error("data-column", f"a .npy file has no columns for {key}", key, help="write a table")
    samples = read_arrays(ArraysSource(type="arrays", path=source.path), context)
    x = samples.x.astype(np.float32)
    if x.ndim == 1:
        x = x.mapped(_column, (1,)) if isinstance(x, StoredArray) else _column(x)
    index = SeriesIndex(x, season=source.season, length=len(x))
    steps = Samples(x, x, files=samples.files, steps=StepRows(index, np.arange(len(x))))
    return SeriesFile(steps, np.ones(len(x), bool))


def _columns(
    table: DataTable, source: SeriesSource, context: ReadContext, for_training: bool
) -> tuple[list[str], list[str], list[Violation]]:
    """The features, the columns to forecast, and what is to be said about them; raises `DataError`."""
    warnings: list[Violation] = []
    known = list(source.known or ())
    others = {*context.columns, *known, *filter(None, (source.time, source.group))}
    features = list(source.features or ())
    first = next(iter(table.blocks(table.names)), {}) if source.time is None or not features else {}
    if not features:
        features = [name for name in first if name not in others and _as_numbers(first[name]) is not None]
        # A target of text is refused when its values are read.
        features = features or [name for name in source.targets if name in table.names]
    if source.time is None and (name := _time_column(first, features)) is not None:
        use = "is used as a feature" if name in features else "is not used: gaps and the order of rows are not checked"
        message = f"column {name} looks like time stamps, and {use}"
        help = fmt("set {}", Setting("time", name))
        warnings.append(context.violation("series-time", message, severity="warning", help=help))
    targets = source.targets or features
    if not for_training and not set(targets) <= {*features, *table.names}:
        targets = []
    # A file for predictions may lack the columns to forecast.
    keys = ("features", "known", *(("target",) if targets else ()), "time", "group")
    require_columns(table, source, keys, context)
    if not features:
        raise context.error("data-column", "the table has no column of numbers", help="name features")
    return features, targets, warnings


def _as_numbers(values: Column) -> Array | None:
    """The values of a column as numbers; None if they are something else."""
    try:
        return as_numbers(values)
    except (ValueError, TypeError):
        return None


def _time_column(block: Block, features: Sequence[str]) -> str | None:
    """The first column of dates, or feature that rises by the same amount in each row; None if there is none."""
    for name, values in block.items():
        numbers = _as_numbers(values)
        if numbers is None:
            try:
                read_times(as_list(values)[:_LOOKED_AT])
            except InvalidTime:
                continue
            return name
        differences = np.diff(numbers)
        rises = len(differences) > 1 and differences[0] > 0 and (differences == differences[0]).all()
        if rises and name in features and len(features) > 1:
            return name
    return None


def _column(x: Array) -> Array:
    return x[:, None]


def _identity(row: int) -> int:
    return row


def _row_name(table: DataTable, place: Callable[[int], int], row: int) -> str:
    return table.row_name(int(place(row)))


def _filled_name(
    where: Callable[[int], str], filling: Filling, added: Array | None, index: SeriesIndex, row: int
) -> str:
    if added is not None and added[row]:
        return f"the filled step {index.time_of(row)}"
    return where(int(filling.left[row]))


def _observed(index: SeriesIndex, x: Values, features: int, future: bool) -> Array:
    """Whether each row is observed: not after the last row of its series that has a value to forecast."""
    observed = np.ones(len(index), bool)
    if not future:
        return observed
    values = x if index.y is None else index.y
    count = features if index.y is None else values.shape[1]
    has_value = ~per_sample(lambda part: np.asarray(np.isnan(part[:, :count]).all(axis=1)), values)
    starts = index.first_rows()
    for start, end in zip(starts, [*starts[1:], len(index)]):
        last = np.flatnonzero(has_value[start:end])
        observed[start + (last[-1] + 1 if len(last) else 0) : end] = False
    return observed


def _without_gaps(
    index: SeriesIndex, observed: Array, source: SeriesSource, context: ReadContext, for_training: bool
) -> tuple[SeriesIndex, Filling | None, list[Violation]]:
    """The index with its gaps filled as the source says; raises `DataError` for gaps that are not allowed.

    Gaps after the last `observed` row of a series are left: nothing is known there.
    """
    gaps = gaps_of(index).before(observed)
    if not len(gaps.rows):
        return index, None, []
    key = "gaps" if "gaps" in source.model_fields_set else "time"
    text = "; ".join(filter(None, (describe(index, gaps), closed_days(index, gaps))))
    if isinstance(source.gaps, GapFill):
        index, filling = fill_gaps(index, gaps, source.gaps)
        left = int((gaps.sizes > source.gaps.max).sum())
        stay = "stays" if left == 1 else "stay"
        rest = f"{counted(left, 'gap')} of more than {index.count(source.gaps.max)} {stay}" if left else "filled"
        return index, filling, [context.violation("series-gap", f"{text}; {rest}", key, severity="info")]
    if source.gaps == "drop" or not for_training:
        return index, None, [context.violation("series-gap", f"{text}; no window crosses them", key, severity="info")]
    message = f"{text}; windows over {'it' if len(gaps.rows) == 1 else 'them'} would join distant steps"
    raise context.error("series-gap", message, key, help=advice(index, gaps, source))


def _cell_findings(
    empty_by_column: Mapping[str, EmptyCells], index: SeriesIndex, how: GapFill, context: ReadContext
) -> Iterator[Violation]:
    for name, cells in empty_by_column.items():
        text = f"{counted(cells.steps, 'empty cell')} of {name} {'is' if cells.steps == 1 else 'are'} filled"
        if cells.left:
            stay = "stays" if cells.left == 1 else "stay"
            text += f", {cells.left:,} in runs of more than {index.count(how.max)} {stay} empty"
        yield context.violation("series-gap", text, "gaps", severity="info")


class Rows:
    """The rows of a table as steps of series: their order, time stamps and frequency.

    `notes` are what is to be said about them.
    """

    def __init__(self, table: DataTable, source: SeriesSource, context: ReadContext, count: int) -> None:
        self._table = table
        self._source = source
        self._context = context
        self._count = count
        self.notes: list[Violation] = []

    def index(self, columns: Mapping[str, Array], frequency: Frequency | None) -> tuple[Array | None, SeriesIndex]:
        """The order of the rows, None for that of the file, and their index; raises `DataError`."""
        source = self._source
        series: Array | None = None
        names: list[str] = []
        order: Array | None = None
        if source.group is not None:
            series, names = self._series(columns[source.group])
            if (np.diff(series) < 0).any():
                order = np.argsort(series, kind="stable")
                series = series[order]
        base = SeriesIndex(
            None, series=series, names=names, time=source.time, group=source.group, season=source.season,
            known=source.known or (), calendar=calendar_names(source), length=self._count,
        )  # fmt: skip
        if source.time is None:
            return order, base
        times, format = self._times(columns[source.time])
        if order is not None:
            times = times[order]
        times, order = self._in_order(times, format, base, order)
        first = self._first(base)
        self._require_distinct(times, format, first, base, order)
        inferred = frequency_of(times, first, format.is_calendar)
        used = frequency or inferred
        if used is None:
            rows = "a single row" if self._count == 1 else "one row for each series"
            raise self._context.error("series-time", f"{source.path} has {rows}: a series needs several", "time")
        self._require_grid(times, format, used, inferred, order, trained=frequency is not None)
        return order, replace(base, step=used.steps(times), frequency=used, format=format)

    def _series(self, values: Array) -> tuple[Array, list[str]]:
        numbers: dict[str, int] = {}
        series_of_rows = np.empty(self._count, np.int32)
        for row, value in enumerate(values):
            if is_missing(value):
                message = f"column {self._source.group} is empty in row {row + 1:,}"
                raise self._context.error("data-values", message, "group", help="name the series of every row")
            series_of_rows[row] = numbers.setdefault(str(value), len(numbers))
        return series_of_rows, list(numbers)

    def _times(self, values: Array) -> tuple[Array, TimeFormat]:
        try:
            return read_times(values, self._source.format)
        except InvalidTime as error:
            message = f"column {self._source.time} {error} (row {error.row + 1:,})"
            key = "time" if self._source.format is None else "format"
            raise self._context.error(
                "series-time", message, key, help=self._format_help(values) if error.unknown_format else None
            )

    def _format_help(self, values: Array) -> str:
        """The format of these time stamps, or how to write them."""
        if self._context.trained:
            return f"write dates as the model was trained on: {self._source.format or '2024-03-02 or 2024-03-02 05:00'}"
        texts = list(dict.fromkeys(map(str, values)))
        if self._source.format is not None and all(map(is_iso, texts)):
            return "remove format: these are ISO 8601 dates"
        date = text_format(texts, self._source.time or "")
        if date is None:
            if self._source.format is not None:
                return "correct the values that do not match, or format"
            return f"write all time stamps in one format, such as {TIME_EXAMPLES}"
        other = "; day and month may be exchanged" if date.ambiguous else ""
        return fmt("set {}{}", Setting("format", date.format), other)

    def _in_order(
        self, times: Array, format: TimeFormat, base: SeriesIndex, order: Array | None
    ) -> tuple[Array, Array | None]:
        """The times in ascending order within each series, and the order of the rows in which they are."""
        wrong = np.flatnonzero((np.diff(times) < 0) & ~self._first(base)[1:])
        if not len(wrong):
            return times, order
        row = int(wrong[0])
        one, other = format.texts(times[row : row + 2])
        before, after = (int(position) + 1 for position in ((row, row + 1) if order is None else order[row : row + 2]))
        of = base.of_series(row)
        text = f"the rows{of} are sorted by {self._source.time}: row {after:,} ({other}) follows row {before:,} ({one})"
        self.notes.append(self._context.violation("series-time", text, "time", severity="info"))
        ascending = np.lexsort((times,) if base.series is None else (times, base.series))
        return times[ascending], ascending if order is None else order[ascending]

    def _first(self, base: SeriesIndex) -> Array:
        """Whether each row is the first one of its series."""
        first = np.zeros(self._count, bool)
        first[base.first_rows()] = True
        return first

    def _require_distinct(
        self, times: Array, format: TimeFormat, first: Array, base: SeriesIndex, order: Array | None
    ) -> None:
        repeated = np.flatnonzero((np.diff(times) == 0) & ~first[1:])
        if not len(repeated):
            return
        row = int(repeated[0])
        [text] = format.texts(times[row : row + 1])
        one, other = (int(position) + 1 for position in ((row, row + 1) if order is None else order[row : row + 2]))
        of = base.of_series(row)
        message = f"{self._source.time} {text} occurs twice{of} (rows {one:,} and {other:,})"
        more = len(repeated) - 1
        if more:
            message += f", and {counted(more, 'further row')} {'repeats' if more == 1 else 'repeat'} a time"
        help: str = repeated_hour(times[row], format) or "keep one row for each time"
        # A few times that repeat are rows that were written twice.
        several = base.series is None and len(repeated) > self._count * _SEVERAL
        if several and (group := self._group_column(times if order is None else times[np.argsort(order)])) is not None:
            help = fmt("the rows are those of several series: set {}", Setting("group", group))
        raise self._context.error("series-time", message, "time", help=help)

    def _group_column(self, times: Array) -> str | None:
        """A column that is not used, and whose values distinguish rows of the same time."""
        source = self._source
        used = {source.time, *(source.features or ()), *source.targets, *(source.known or ())}
        names = [name for name in self._table.names if name not in used][:20]
        if not names:
            return None
        others = collect(self._table, self._context, ColumnSelection({}, others=names)).others
        for name in names:
            values = [str(value) for value in others[name]]
            several = len(set(values))
            if 1 < several <= self._count // 2 and len(set(zip(values, times.tolist()))) == self._count:
                return name
        return None

    def _require_grid(
        self,
        times: Array,
        format: TimeFormat,
        used: Frequency,
        inferred: Frequency | None,
        order: Array | None,
        *,
        trained: bool,
    ) -> None:
        wrong = np.flatnonzero(~used.fits(times))
        if not len(wrong):
            return
        rows = wrong if order is None else order[wrong]
        texts = format.texts(times[wrong[: SHOWN + 1]])
        shown = shorten_list([f"{text} (row {int(row) + 1:,})" for text, row in zip(texts, rows)])
        if trained and inferred is not None and (inferred.kind, inferred.size) != (used.kind, used.size):
            message = (
                f"the time stamps of {self._source.path} are {inferred.name}, those of the training data {used.name}"
            )
            days = " and ".join(f"{day}s" for day in used.closed)
            help = f"remove the rows of {days}" if days else None
            raise self._context.error("series-time", message, "time", help=help)
        grid = f"the training data ({used.name})" if trained else f"the most frequent step ({used.name})"
        verb = "does" if len(wrong) == 1 else "do"
        message = f"{len(wrong):,} of {len(times):,} time stamps {verb} not fit {grid}: {shown}"
        raise self._context.error(
            "series-time", message, "time", help=used.regular(self._source.time if self._source.group is None else None)
        )
