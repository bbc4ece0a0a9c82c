"""The samples that the model of a run is evaluated on and predicts for: read as the training data was.

Nothing here imports Keras: what reading needs of memory is free again before the framework is loaded.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from seqspec.core.api.data import (
    ArraysSource,
    AudioSource,
    Dialect,
    ImagesSource,
    SeriesSource,
    TableSource,
    TextSource,
    source_of,
)
from seqspec.core.api.diagnostics import Violation
from seqspec.core.api.files import require_regular
from seqspec.core.api.messages import counted, suggest
from seqspec.training.access import Access, access_to
from seqspec.training.data import missing
from seqspec.training.data.arrays import from_python
from seqspec.training.data.column_findings.missing_rows import dropped_values, missing_columns_by_row, missing_values
from seqspec.training.data.column_findings.unseen import far_values, like_thousands, unknown_values
from seqspec.training.data.column_findings.wrong_values import INVALID
from seqspec.training.data.labels import LabelBaseline, LabelEncoding, encode_labels
from seqspec.training.data.leaks.equal_samples import RowHashes, shared_samples
from seqspec.training.data.model_sets import as_input
from seqspec.training.data.prepare import context_of
from seqspec.training.data.prepared import SampleSet
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.samples import Samples, read
from seqspec.training.data.series.checks import early_ends
from seqspec.training.data.series.forecast import future_windows, known_steps, summary
from seqspec.training.data.series.short_series import without_short_series
from seqspec.training.data.series.windows import windows
from seqspec.training.data.split import SETS
from seqspec.training.data.stored import Values
from seqspec.training.data.table_source import label_columns
from seqspec.training.data.tables.point_thousands import THOUSANDS_HELP
from seqspec.training.data.tables.table_files import open_table
from seqspec.training.data.time_axis.index import StepRows
from seqspec.training.errors import ChangedDataError, DataError, RunError
from seqspec.training.prediction.run_data import HELD_OUT, data_of_run, spec_of_run
from seqspec.training.run_folder.files import digest_of_file
from seqspec.training.run_folder.folder import FOLDS, RunFolder

_NOTED = (INVALID, "short-series")
"""The rules of warnings about what a file has that are said where it is predicted for, or evaluated on."""
_MAX_COMPARED = 2**30
"""Maximum size of the training files, in bytes, with which a file is compared."""

Note = Callable[[str], object]
"""Receives a line about the data that is predicted for."""


class PredictionInputs(NamedTuple):
    """Samples without labels.

    `where` names one of them. `forecast` are the last steps before forecasts. `ids` are the identifiers in `id_column`,
    if the source has one. `notes` are what is to be reported about the values, such as unknown categories. `origins`
    are the last steps of windows of series with time stamps. `errors` say why series, or rows, have no prediction.
    `labels` are the columns that are predicted.
    """

    x: Values
    where: Callable[[int], str]
    forecast: StepRows | None = None
    ids: Values | None = None
    id_column: str | None = None
    notes: Sequence[str] = ()
    origins: StepRows | None = None
    errors: Mapping[int, str] = MappingProxyType({})
    labels: Sequence[str] = ()


def prediction_inputs(
    folder: RunFolder,
    source: object,
    *,
    origins: str = "last",
    marked: bool = False,
    where: Callable[[int], str] | None = None,
) -> PredictionInputs:
    """The samples of an array, or of a file of the kind that the model was trained on.

    Of a file with series these are the windows before the future: `origins = "all"` are all windows. With `marked`, a
    series with a cell that cannot be read is marked. `where` names a row in place of its number in the file.

    Raises:
        DataError: A file cannot be read, lacks a column, or has samples of another shape.
    """
    if isinstance(source, (str, os.PathLike)):
        series = source_of_run(folder)
        # A model that reconstructs its windows forecasts nothing.
        future = origins == "last" and folder.labels().kind != "reconstruction"
        if isinstance(series, SeriesSource) and future:
            return _forecast_inputs(folder, series, os.fspath(source), marked=marked)
        samples = _samples(folder, os.fspath(source), inputs_only=True)
        samples = samples if where is None else replace(samples, where=where)
    else:
        samples = from_python((source,), _read_context(folder, ""))
    x, notes, errors = _marked_inputs(folder, samples) if marked else (*_inputs(folder, samples), {})
    last = samples.origins
    timed = last if last is not None and last.index.time is not None else None
    labels = _label_names(folder, last)
    return PredictionInputs(x, samples.where, None, samples.ids, samples.id_column, notes, timed, errors, labels)


def _label_names(folder: RunFolder, origins: StepRows | None) -> Sequence[str]:
    """The columns that are predicted; of a series those of each step that is forecast, such as `sold_1`, `sold_2`."""
    source = source_of_run(folder)
    if isinstance(source, TableSource):
        return label_columns(source)
    if not isinstance(source, SeriesSource) or origins is None or folder.labels().kind == "reconstruction":
        return ()
    targets = origins.index.targets
    if source.horizon == 1:
        return targets
    return [f"{target}_{step}" for step in range(1, source.horizon + 1) for target in targets]


def _forecast_inputs(folder: RunFolder, source: SeriesSource, path: str, *, marked: bool) -> PredictionInputs:
    """The windows before the future of each series of a file."""
    context, trained = _read_context(folder, os.getcwd()), folder.series()
    futures = future_windows(trained.source(source, path), context, trained, folder.fills(), marked=marked)
    origins, violations = futures.origins, list[Violation]()
    x = as_input(futures.x, context, "prediction", violations)
    if violations:
        raise DataError(violations)
    rows, index = origins.rows, origins.index

    def where(row: int) -> str:
        return index.time_of(int(rows[row]), 1)

    early = early_ends(index, rows, source.horizon)
    notes = [summary(origins, source.horizon), *([] if early is None else [early]), *futures.notes]
    return PredictionInputs(x, where, origins, notes=notes, errors=futures.errors)


def evaluation_sets(
    folder: RunFolder,
    on: str | None = None,
    *,
    data: object = None,
    allowed: Collection[str] = (),
    access: Access | None = None,
    note: Note,
) -> tuple[Mapping[str, SampleSet], LabelBaseline]:
    """The sets to evaluate on, and what the training labels predict without inputs.

    Args:
        folder: The run folder.
        on: train, validation or test; or a file of the kind that the model was trained on. By default validation and
            test, as they were split in training.
        data: Arrays (x, y) instead of a file.
        allowed: Python modules that the spec may import.
        note: Receives a line for each column of a file with unknown categories.
        access: What the spec may read; by default its project.

    Raises:
        DataError: The data cannot be used.
        RunError: There is no such set, or its files changed since the run was trained.
    """
    labels = folder.labels()
    if data is not None:
        samples = from_python(data, _read_context(folder, ""))
        return {"data": _labelled(folder, samples, labels, note)}, folder.baseline()
    if on is not None and on not in SETS:
        meant = suggest(on, SETS)
        if meant.word and not os.path.exists(on):
            raise RunError(f"{on} is neither a set of the run nor a file; {meant.label}")
        return {on: _labelled(folder, _samples(folder, on), labels, note)}, folder.baseline()
    try:
        prepared, baseline = data_of_run(folder, allowed, access, HELD_OUT if on is None else (on,))
    except ChangedDataError as error:
        raise ChangedDataError(folder.path, error.changed, help=_all_as_new(folder, on or SETS[-1]))
    names = [on] if on is not None else [name for name in prepared.sets if name != "train"] or ["train"]
    absent = [name for name in names if name not in prepared.sets]
    if absent:
        folds = f"; each fold has one: {folder.path / FOLDS / '1'}" if (folder.path / FOLDS).is_dir() else ""
        raise RunError(f"the run has no {absent[0]} set; it has {', '.join(prepared.sets)}{folds}")
    return {name: prepared.sets[name] for name in names}, baseline


def _all_as_new(folder: RunFolder, name: str) -> str:
    """How to evaluate on the samples of a set, which are no longer known, as new ones."""
    data = spec_of_run(folder).data
    source = source_of(data.source) or source_of(getattr(getattr(data, name), "source", None))
    path = getattr(source, "path", None)
    new = "data=(x, y)" if path is None else f"--on {os.path.relpath(os.path.join(folder.info()['base'], path))}"
    return f"the samples of the {name} set are no longer known; {new} evaluates on all samples, as new ones"


def trained_on(
    folder: RunFolder, on: str | None, samples: SampleSet, allowed: Collection[str], access: Access | None, note: Note
) -> int:
    """How many samples of a file, or of arrays, are in the training set of a run too.

    0 if the data of the run is gone, too large, or from Python, and where it changed, which is noted.
    """
    info, digests = folder.info(), folder.lock()["digests"]["files"]
    files = [file for name in digests if os.path.isfile(file := os.path.join(info["base"], name))]
    # Of a series they are steps, not samples.
    rows = None if folder.has_series else folder.split_rows().get("train")
    if on is not None and rows is not None and os.path.isfile(on) and [digest_of_file(on)] == [*digests.values()]:
        # In coarse tables the rows of the file itself would look like chance.
        return len(rows)
    try:
        if info["python_data"] or (digests and not files) or sum(map(os.path.getsize, files)) > _MAX_COMPARED:
            return 0
        train = data_of_run(folder, allowed, access, ("train",)).prepared.train
    except ChangedDataError as error:
        note(f"{error}; how many of these samples the model was trained on cannot be counted")
        return 0
    except (OSError, RunError):
        return 0
    if train.x.shape[1:] != samples.x.shape[1:]:
        return 0
    if isinstance(source_of_run(folder), TableSource) and train.x.ndim == 2 and train.x.dtype.kind == "f":
        # In coarse tables many rows are equal by chance.
        hashing = RowHashes(Samples(train.x))
        shared = hashing.shared(hashing.of(Samples(train.x)), hashing.of(Samples(samples.x)))
        return 0 if shared is None else len(shared.rows)
    return len(shared_samples(train.x, samples.x))


def _read_context(folder: RunFolder, base: str) -> ReadContext:
    # The caller names the file.
    access = replace(access_to(os.getcwd()), anywhere=True)
    context = replace(context_of(spec_of_run(folder), base, access, str(folder.path)), trained=True)
    return context if folder.encoder() is not None else replace(context, kinds=None)


def _samples(folder: RunFolder, path: str, *, inputs_only: bool = False) -> Samples:
    """The samples of a file, read as the training data was."""
    context = _read_context(folder, os.getcwd())
    source: object = source_of_run(folder)
    own = {"path": path}
    suffix = Path(path).suffix.lower()
    if isinstance(source, TableSource):
        labels = None if inputs_only else source.label
        features = source.features or list(folder.read_json("labels.json")["features"]) or None
        format = source.format if suffix == Path(source.path).suffix.lower() else None
        columns: Sequence[str] = ()
        if source.id is not None or source.weight is not None:
            columns = open_table(context, path, format, source.dialect).names
        # Evaluated as in training, where the file has weights.
        weight = source.weight if source.weight in columns and not inputs_only else None
        changed = {"label": labels, "weight": weight, "id": source.id if source.id in columns else None, "ignore": None}
        if context.kinds is None:
            changed["features"] = features
        source = source.model_copy(update={**own, "format": format, **changed})
    elif isinstance(source, TextSource):
        is_table = source.column is not None
        source = source.model_copy(update={**own, "label": None if inputs_only or not is_table else source.label})
    elif isinstance(source, SeriesSource):
        return _windows(folder, source, path, context, labelled=not inputs_only)
    elif isinstance(source, (ImagesSource, AudioSource)):
        source = source.model_copy(update=own)
    elif suffix in (".npz", ".npy") or (isinstance(source, ArraysSource) and os.path.isdir(path)):
        arrays = source if isinstance(source, ArraysSource) else None
        labelled = arrays is not None and not inputs_only and suffix != ".npy"
        source = ArraysSource(
            type="arrays",
            path=path,
            x=arrays.x if arrays is not None else "x",
            y=arrays.y if arrays is not None and labelled else None,
            weight=arrays.weight if arrays is not None and labelled and _holds(path, arrays.weight) else None,
        )
    else:
        source = source_of(path)
        if source is None:
            raise RunError(f"{path}: unknown file format")
    return read(source, context)


def _windows(folder: RunFolder, source: SeriesSource, path: str, context: ReadContext, *, labelled: bool) -> Samples:
    """All windows of a file with series; missing inputs are filled as in training."""
    trained, fills = folder.series(), folder.fills()
    source = trained.source(source, path)
    steps = without_short_series(known_steps(source, context, trained, labelled=labelled), source, context)
    if fills is not None:
        steps = replace(steps, x=missing.filled(steps.x, fills))
    windowed = windows(steps, source, context.input_shape)
    if not len(windowed):
        message = f"{path} has {counted(len(steps), 'row')}; a window and its horizon need "
        raise context.error("short-series", f"{message}{source.window + source.horizon:,}", "window")
    return windowed if labelled else replace(windowed, y=None)


def _holds(path: str, name: str | None) -> bool:
    """Whether an .npz file, or a folder of .npy files, has an array of this name."""
    if os.path.isdir(path):
        return os.path.isfile(os.path.join(path, f"{name}.npy"))
    try:
        require_regular(path)
        with zipfile.ZipFile(path) as archive:
            return f"{name}.npy" in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def source_of_run(folder: RunFolder) -> object:
    """The source that the model was trained on, with the text as other files have it; None for arrays from Python."""
    data = spec_of_run(folder).data
    if data is None:
        return None
    source, given = data.training_source, folder.written.given()
    if given and not isinstance(source, Dialect):
        raise RunError(f"{next(iter(given))} is for tables, and the model was not trained on one")
    if not isinstance(source, Dialect):
        return source
    if "decimal" not in given and given.get("delimiter") == source.decimal == ",":
        # 1.234 would be 1234.
        raise RunError("the training data has decimal commas: name the decimal mark of the file too, as --decimal .")
    return source.model_copy(update=given)


def _inputs(folder: RunFolder, samples: Samples) -> tuple[Values, Sequence[str]]:
    """The inputs as the model expects them, and notes; missing values are filled as in training, else refused."""
    context = _read_context(folder, "")
    fills, encoder = folder.fills(), folder.encoder()
    x, notes = samples.x, [str(warning.message) for warning in samples.warnings if warning.rule in _NOTED]
    violations = missing.refuse_missing({"prediction": samples}, {"prediction": context.path}, fills is not None)
    if samples.raw is not None:
        # Rows with missing values are left out of an evaluation only.
        violations += missing_values({"prediction": samples}, context.missing)
        violations += dropped_values(samples, context.missing)
    if violations:
        # The help suggests changes of the spec, which come too late for a trained model.
        raise DataError([violation.replace(help=None) for violation in violations])
    if fills is not None and samples.origins is None:
        x = missing.filled(x, fills)
    if samples.raw is not None and encoder is not None:
        unknown, refused = unknown_values(encoder, samples.raw)
        if folder.written.decimal is None:
            thousands, wrong = like_thousands(encoder, samples)
            notes, refused = [*thousands, *notes], [*refused, *wrong]
        notes = [*unknown, *notes]
        if refused:
            raise DataError(refused)
        notes += far_values(encoder, samples)
        x = encoder.encode(x, samples.raw, stream=context.streams(4 * encoder.width * len(samples)))
    problems: list[Violation] = []
    x = as_input(x, context, "prediction", problems)
    if problems:
        raise DataError(problems)
    return x, notes


def _marked_inputs(folder: RunFolder, samples: Samples) -> tuple[Values, Sequence[str], Mapping[int, str]]:
    """As `_inputs`, and why rows have none: a value that must not be missing is; they have those of another row."""
    absent = _absent(folder, samples)
    if not absent or len(absent) == len(samples):
        return *_inputs(folder, samples), {}
    kept = np.delete(np.arange(len(samples)), list(absent))
    rows = np.arange(len(samples))
    rows[list(absent)] = kept[0]
    x, _ = _inputs(folder, samples.take(rows))
    # The row that replaces others counts once.
    _, notes = _inputs(folder, samples.take(kept))
    return x, notes, absent


def _absent(folder: RunFolder, samples: Samples) -> Mapping[int, str]:
    """What is missing in each row, or window of a series, that cannot be predicted for it."""
    if samples.raw is None and folder.fills() is not None:
        return {}
    if samples.origins is not None and samples.x.dtype.kind == "f":
        counts = missing.missing_by_window(samples.x)
        return {row: f"the window has {counted(count, 'missing value')}" for row, count in counts.items()}
    missing_by_row: Mapping[int, Sequence[str]] = (
        missing.missing_by_row(samples)
        if samples.raw is None
        else missing_columns_by_row(samples, _read_context(folder, "").missing)
    )
    return {row: "; ".join(f"{name} has 1 missing value" for name in names) for row, names in missing_by_row.items()}


def _note_thousands(baseline: LabelBaseline, samples: Samples, note: Note) -> None:
    """Reports labels that look like thousands; raises `DataError` where all are below the training range."""
    if baseline.low is None or baseline.high is None or baseline.mean is None:
        return
    middle = baseline.mean if baseline.median is None else baseline.median
    ranges = zip(baseline.low.tolist(), baseline.high.tolist(), middle.tolist())
    for name, (low, high, typical) in zip(samples.labels, ranges):
        thousands = samples.thousands.get(name)
        if thousands is None or not thousands.is_doubtful(low, high, typical):
            continue
        message = thousands.message(name, low, high, "training labels")
        if thousands.is_below(low):
            raise DataError([Violation("data-values", message, path=("data", "source", "label"), help=THOUSANDS_HELP)])
        note(f"{message}; {THOUSANDS_HELP}")


def _labelled(folder: RunFolder, samples: Samples, labels: LabelEncoding, note: Note) -> SampleSet:
    context = _read_context(folder, "")
    samples, count = missing.complete(samples, context.missing)
    if count and not len(samples):
        raise context.error("data-values", "every sample of the file has missing values")
    x, notes = _inputs(folder, samples)
    for line in notes:
        note(line)
    if labels.kind == "reconstruction":
        return SampleSet(x, x)
    if samples.y is None:
        raise context.error("data-labels", "the file has no labels to evaluate against")
    if folder.written.decimal is None:
        _note_thousands(folder.baseline(), samples, note)
    y = encode_labels(samples.y, labels, "given", samples.where, context.violation)
    return SampleSet(x, y, samples.weight, samples.origins, where=samples.where)
