"""Prediction with the model of a run, samples marked with an error, and the files that predictions are written to."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seqspec.core.api.data import Data
from seqspec.core.api.diagnostics import Violation, install_command
from seqspec.core.api.files import renamed
from seqspec.core.api.messages import SHOWN, counted, fmt, shorten_list, visible
from seqspec.training.data.labels import LabelEncoding
from seqspec.training.data.prepared import SampleSet
from seqspec.training.data.samples import Array
from seqspec.training.data.stored import Values
from seqspec.training.data.time_axis.index import StepRows
from seqspec.training.errors import DataError, RunError, unwritten
from seqspec.training.evaluation.outputs import output_parts, predict_outputs, probabilities
from seqspec.training.evaluation.regression_errors import interval_bounds
from seqspec.training.evaluation.thresholds import assigned_classes
from seqspec.training.prediction.inputs import PredictionInputs
from seqspec.training.records import ForecastInterval
from seqspec.training.run_folder.strict_json import to_json

if TYPE_CHECKING:
    import keras


_BATCH_SIZE = 256
_BATCH_BYTES = 2**21
"""Maximum bytes of inputs in a batch larger than in training, since activations need many times that."""
_PART = 64 * _BATCH_SIZE
"""Maximum number of predictions in memory at once while a file is written."""
_PART_BYTES = 2**24
"""Maximum bytes of their inputs, unless a single batch is larger."""


class Predictions:
    """The predictions of a model.

    `outputs` are the model's outputs; `probabilities` (samples, classes) and `classes` (names) are None if the model
    is not a classifier, and `classes` too for multilabel targets; `rows` name the samples, in the column `row_column`:
    the identifiers of the table, where it has any. `chosen` are the class indices, by default those of the highest
    probability. `origins` are the last steps of windows, in place of whose names the time of the first step after them
    and the series are columns.
    """

    def __init__(
        self,
        outputs: Array,
        probability: Array | None,
        names: list[str] | None,
        rows: list[str],
        *,
        several: bool = False,
        row_column: str = "sample",
        chosen: Array | None = None,
        origins: StepRows | None = None,
        labels: Sequence[str] = (),
    ) -> None:
        self.outputs = outputs
        self.labels = labels
        self.probabilities = probability
        self.names = names
        self.rows = rows
        self.row_column = row_column
        self.origins = origins
        self._several = several
        self._chosen = chosen

    @property
    def classes(self) -> list[str] | None:
        """The class of each sample, by name."""
        if self.probabilities is None or self.names is None or self._several:
            return None
        chosen = self.probabilities.argmax(axis=1) if self._chosen is None else self._chosen
        return [self.names[index] for index in chosen]

    def columns(self) -> dict[str, list[str] | Array]:
        """Columns by name: `row_column`, then `class` and the class probabilities, or the outputs by label."""
        if self.probabilities is not None and self.names is not None:
            shares = {f"p({name})": column for name, column in zip(self.names, self.probabilities.T)}
            chosen = {} if self.classes is None else {"class": self.classes}
            return self._with_rows({**chosen, **shares})
        flat = self.outputs.reshape(len(self.outputs), -1).astype(np.float64)
        names = ["output"] if flat.shape[1] == 1 else [f"output_{number}" for number in range(flat.shape[1])]
        others = {self.row_column, "sample", "error"}
        if self.origins is not None:
            others |= {*filter(None, (self.origins.index.time, self.origins.index.group))}
        if len(self.labels) == flat.shape[1] == len({*self.labels} - others):
            names = [*self.labels]
        return self._with_rows(dict(zip(names, flat.T)))

    def _with_rows(self, columns: dict[str, list[str] | Array]) -> dict[str, list[str] | Array]:
        if self.origins is not None:
            return {**self.origins.index.columns_of(self.origins.rows, 1), **columns}
        name = "sample" if self.row_column in columns else self.row_column
        return {name: self.rows, **columns}

    def records(self) -> Iterator[dict[str, object]]:
        """One dict of plain values per sample; see `columns`."""
        columns = {
            name: values if isinstance(values, list) else values.tolist() for name, values in self.columns().items()
        }
        for values in zip(*columns.values()):
            yield dict(zip(columns, values))

    def __len__(self) -> int:
        return len(self.outputs)


class Forecast(Predictions):
    """The forecasts of series: one row per step, with its time and the values to forecast.

    `origins` are the last known steps, one for each forecast; `interval` is the range of their errors, None for
    forecasts without one.
    """

    origins: StepRows

    def __init__(
        self, outputs: Array, rows: list[str], origins: StepRows, interval: ForecastInterval | None = None
    ) -> None:
        super().__init__(outputs, None, None, rows, origins=origins)
        self._interval = interval

    def columns(self) -> dict[str, list[str] | Array]:
        """Columns by name: the time if there is one, the series, the values to forecast, and `step` from 1.

        With an interval, each value is followed by its bounds, such as `sold_low` and `sold_high`.
        """
        index, count = self.origins.index, len(self.outputs)
        several = index.target_count > 1
        names = index.targets or [f"output_{number}" if several else "output" for number in range(index.target_count)]
        values = _shortest(self.outputs).reshape(count, -1, len(names))
        steps = np.tile(np.arange(1, values.shape[1] + 1), count)
        rows = np.repeat(self.origins.rows, values.shape[1])
        flat = values.reshape(-1, len(names))
        limits = {} if self._interval is None else interval_bounds(self._interval, index, self.origins.rows)
        columns: dict[str, Array] = {}
        for number, name in enumerate(names):
            columns[name] = flat[:, number]
            for end, added in limits.items():
                columns[f"{name}_{end}"] = _shortest(columns[name] + added[:, :, number].reshape(-1))
        return {**index.columns_of(rows, steps), **columns, "step": steps}


def _shortest(values: Array) -> Array:
    """The shortest decimal numbers that are these values in float32."""
    return np.array([float(str(value)) for value in values.astype(np.float32).reshape(-1)])


def batch_size_for(x: Values, trained: int) -> int:
    """Samples per batch for inputs `x` of a model that was trained with `trained` samples per batch.

    Larger than in training if samples are small, which is faster and needs little memory.
    """
    size = max(1, x.nbytes // max(1, len(x)))
    return min(_BATCH_SIZE, max(trained, _BATCH_BYTES // size))


def predict(
    model: keras.Model,
    inputs: PredictionInputs,
    labels: LabelEncoding,
    batch_size: int,
    interval: ForecastInterval | None = None,
) -> Predictions:
    """All predictions at once; forecasts with an interval, unless it is None."""
    outputs = predict_outputs(model, SampleSet(inputs.x, None), batch_size)
    return _predictions(model, outputs, inputs, range(len(inputs.x)), labels, interval)


def prediction_parts(
    model: keras.Model,
    inputs: PredictionInputs,
    labels: LabelEncoding,
    batch_size: int,
    interval: ForecastInterval | None = None,
) -> Iterator[Predictions]:
    """The predictions in chunks, so that memory does not grow with the number of samples."""
    x = inputs.x
    size = max(1, x.nbytes // max(1, len(x)))
    max_samples = max(batch_size, min(_PART, _PART_BYTES // size))
    for rows, outputs in output_parts(model, SampleSet(x, None), batch_size, max_samples):
        yield _predictions(model, outputs, inputs, range(rows.start, rows.stop), labels, interval)


def _predictions(
    model: keras.Model,
    outputs: Array,
    inputs: PredictionInputs,
    rows: range,
    labels: LabelEncoding,
    interval: ForecastInterval | None,
) -> Predictions:
    probability = None
    if labels.kind in ("binary", "multiclass", "multilabel") and outputs.ndim == 2:
        probability = probabilities(model, outputs, labels)
    elif inputs.forecast is not None:
        last = inputs.forecast.take(slice(rows.start, rows.stop))
        return Forecast(outputs, [inputs.where(row) for row in rows], last, interval)
    names = labels.class_names()
    if probability is not None:
        _require_numbers(outputs, inputs, rows)
    if probability is not None and (names is None or len(names) != probability.shape[1]):
        names = [str(index) for index in range(probability.shape[1])]
    several = labels.kind == "multilabel"
    chosen = None if probability is None or several else assigned_classes(probability, labels)
    part = slice(rows.start, rows.stop)
    named = [inputs.where(row) for row in rows] if inputs.ids is None else [str(value) for value in inputs.ids[part]]
    return Predictions(
        outputs, probability, names, named, several=several, row_column=inputs.id_column or "sample", chosen=chosen,
        origins=None if inputs.origins is None else inputs.origins.take(part), labels=inputs.labels,
    )  # fmt: skip


def _require_numbers(outputs: Array, inputs: PredictionInputs, rows: range) -> None:
    """Raises `DataError` for samples whose outputs are NaN, whose class would be a wrong one."""
    bad = np.flatnonzero(np.isnan(outputs.reshape(len(outputs), -1)).any(axis=1))
    if not len(bad):
        return
    places = [rows.start + int(row) for row in bad[: SHOWN + 1]]
    shown = shorten_list([inputs.where(row) for row in places])
    message = fmt("the model outputs NaN for {}: {}", counted(len(bad), "sample"), shown)
    empty = inputs.x.dtype == object and not str(inputs.x[places[0] : places[0] + 1].reshape(-1)[0]).strip()
    help = "the text is empty: remove these samples, or write a text" if empty else None
    raise DataError([Violation("data-values", message, path=Data.key_path(lambda data: data.source), help=help)])


def write_predictions(count: int, parts: Iterator[Predictions], path: Path) -> None:
    """Writes predictions as CSV, JSON Lines, Parquet or NPY, by the suffix; raises `RunError` for another one.

    The file is written under a temporary name and renamed, so that it is never incomplete.
    """
    writers = {".csv": _write_csv, ".jsonl": _write_jsonl, ".npy": _write_npy, ".parquet": _write_parquet}
    write = writers.get(path.suffix.lower())
    if write is None:
        raise RunError(f"{path}: predictions are written as .csv, .jsonl, .parquet or .npy")
    try:
        with renamed(path) as partial:
            write(count, parts, partial)
    except OSError as error:
        raise unwritten(path, error)


def _write_csv(count: int, parts: Iterator[Predictions], path: Path) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer: csv.DictWriter[str] | None = None
        for part in parts:
            for record in part.records():
                cells = {str(as_cell(name)): as_cell(value) for name, value in record.items()}
                if writer is None:
                    writer = csv.DictWriter(file, list(cells))
                    writer.writeheader()
                _require_columns(cells, writer.fieldnames)
                writer.writerow(cells)


def _require_columns(names: Collection[str], first: Collection[str]) -> None:
    """Raises `RunError` for predictions without a column of the first ones, such as the ids of a file."""
    missing = next((name for name in first if name not in names), None)
    if missing is not None:
        raise RunError(f"the predictions for some files have no column {missing}: write them to a file of their own")


def as_cell(value: object) -> object:
    """A value as a cell: spreadsheets run text that begins like a formula, and terminals run escape sequences."""
    if not isinstance(value, str):
        return value
    text = visible(value)
    return f"'{text}" if re.match(r" *([=@]|[+-](?![\d.]+$))", text) else text


def _write_jsonl(count: int, parts: Iterator[Predictions], path: Path) -> None:
    with open(path, "w", encoding="utf-8") as file:
        for part in parts:
            file.writelines(to_json(record, ascii_only=False) + "\n" for record in part.records())


def _write_npy(count: int, parts: Iterator[Predictions], path: Path) -> None:
    with open(path, "wb") as file:
        for number, part in enumerate(parts):
            if number == 0:
                shape = (count, *part.outputs.shape[1:])
                described = np.lib.format.dtype_to_descr(part.outputs.dtype)
                np.lib.format.write_array_header_1_0(file, {"descr": described, "fortran_order": False, "shape": shape})
            file.write(np.ascontiguousarray(part.outputs).data)


def _write_parquet(count: int, parts: Iterator[Predictions], path: Path) -> None:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise RunError(f"writing Parquet needs PyArrow: {install_command('train')}")
    writer: parquet.ParquetWriter | None = None
    try:
        for part in parts:
            table = pyarrow.table(part.columns())
            writer = writer or parquet.ParquetWriter(path, table.schema)
            _require_columns(table.column_names, writer.schema.names)
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


ERROR = "error"
_NOT_FINITE = "the model outputs infinity or NaN"


class MarkedPredictions(Predictions):
    """Predictions with a column `error`: samples that have one have no class and no outputs.

    Args:
        whole: The predictions for all samples.
        errors: Why samples could not be read, by their place among these.
    """

    def __init__(self, whole: Predictions, errors: Mapping[int, str]) -> None:
        # All attributes, also of a subclass.
        self.__dict__.update(vars(whole))
        self.whole, self.errors = whole, errors
        self.outputs = whole.outputs.copy()
        self.outputs[list(errors)] = np.nan

    def columns(self) -> dict[str, list[str] | Array]:
        """The columns of the predictions, empty where there is an error, and the column `error`."""
        table: dict[str, list[str] | Array] = {}
        columns = self.whole.columns()
        count = len(next(iter(columns.values()))) // max(1, len(self))
        bad = {row * count + step for row in self.errors for step in range(count)}
        for name, values in columns.items():
            if name in self._names(columns):
                table[name] = values
            elif isinstance(values, list):
                table[name] = ["" if row in bad else value for row, value in enumerate(values)]
            else:
                known = values.astype(np.float64)
                known[sorted(bad)] = np.nan
                table[name] = known
        table[ERROR] = [self.errors.get(row // count, "") for row in range(count * len(self))]
        return table

    def _names(self, columns: Mapping[str, object]) -> Collection[str]:
        """The columns that name the rows, which keep their values: of series those of time, series and step."""
        if self.whole.origins is not None:
            return [*self.whole.origins.index.columns_of(self.whole.origins.rows[:0], 0), "step"]
        return list(columns)[:1]

    def records(self) -> Iterator[dict[str, object]]:
        """One dict of plain values per row, None where there is none."""
        for record in super().records():
            names, error = self._names(record), record.pop(ERROR)
            values = {name: value if not error or name in names else None for name, value in record.items()}
            yield {**values, ERROR: error or None}


def mark(
    parts: Iterator[Predictions], errors: Mapping[int, str], note: Callable[[str], object] | None
) -> Iterator[MarkedPredictions]:
    """The parts of the predictions for a source, whose samples with an error could not be read.

    With `note`, outputs that are infinite or NaN are errors too, and the note is a line about them.
    """
    start = 0
    for part in parts:
        marked = {row - start: error for row, error in errors.items() if 0 <= row - start < len(part)}
        if note is not None and not isinstance(part, Forecast):
            bad = np.flatnonzero(~np.isfinite(part.outputs.reshape(len(part), -1)).all(axis=1)).tolist()
            bad = [row for row in bad if row not in marked]
            if bad:
                note(
                    f"{counted(len(bad), 'output')} of the model {'is' if len(bad) == 1 else 'are'} infinite or NaN: "
                    f"{part.row_column} {part.rows[bad[0]]}"
                )
            marked.update(dict.fromkeys(bad, _NOT_FINITE))
        yield MarkedPredictions(part, marked)
        start += len(part)


def with_equal_columns(parts: Iterator[MarkedPredictions], marked: bool) -> Iterator[Predictions]:
    """The parts, with the column `error` in all of them or in none: if `marked`, or if the first part has an error."""
    for number, part in enumerate(parts):
        marked = marked or (number == 0 and bool(part.errors))
        yield part if marked else part.whole
