"""What training returns, and `load_run` reads: a run folder as an object."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, Unpack

from seqspec.core.api.data import Dialect, DialectOptions
from seqspec.core.api.messages import counted
from seqspec.core.api.spec import DEFAULT_LEVEL
from seqspec.training.access import Access, Allowed, access_of_run
from seqspec.training.data.split import SETS
from seqspec.training.errors import RunError
from seqspec.training.records import (
    Evaluation,
    ForecastInterval,
    JsonObject,
    Lock,
    RunInfo,
    SetEvaluation,
    has_class_weights,
    history_of,
)
from seqspec.training.run_folder.files import DONE, RUNNING
from seqspec.training.run_folder.folder import FOLDS, RunFolder
from seqspec.training.run_folder.names import search_above

if TYPE_CHECKING:
    import keras

    from seqspec.training.data.labels import LabelBaseline, LabelEncoding
    from seqspec.training.data.prepared import SampleSet
    from seqspec.training.data.stored import Values
    from seqspec.training.prediction.inputs import Note
    from seqspec.training.prediction.predict import Predictions
    from seqspec.training.prediction.sources import MarkedInputs, OnErrors

Origins = Literal["last", "all"]
"""The windows of a file of series that are predicted for: the last one of each series, or all."""


def silent_note(line: str) -> None:
    """Ignores the line."""


class Run:
    """A run folder: what `train` returns and `load_run` opens. Files are read when an attribute is accessed.

    Attributes:
        folder: The files themselves, for the other modules of this package; not part of the public API.
    """

    def __init__(
        self,
        folder: RunFolder,
        model: object = None,
        allowed: Collection[str] = (),
        access: Access | None = None,
        allow_data: Collection[str | os.PathLike[str]] = (),
    ) -> None:
        self.folder = folder
        self._allowed = tuple(allowed)
        self._access = access
        self._allow_data = tuple(allow_data)
        if model is not None:
            self.__dict__["model"] = model

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    @property
    def info(self) -> RunInfo:
        """State, times and plan of the run: the contents of run.json."""
        return self.folder.info()

    @property
    def state(self) -> str:
        """`"running"`, `"done"`, `"failed"`, `"interrupted"`, or `"killed"` for a run whose process ended with it."""
        return self.folder.state()

    @property
    def lock(self) -> Lock:
        """Versions, seed and digests: the contents of lock.json."""
        return self.folder.lock()

    @property
    def spec(self) -> JsonObject:
        """The spec with variables, blocks and overrides resolved."""
        return self.folder.spec()

    @property
    def is_series(self) -> bool:
        """Whether the model forecasts a series."""
        return self.folder.has_series

    @property
    def backend(self) -> str | None:
        """The Keras backend that the spec names."""
        backend: str | None = self.spec.get("runtime", {}).get("backend")
        return backend

    @property
    def history(self) -> dict[str, list[float | None]]:
        """Logged value → its value in each epoch, over all stages; None in an epoch without it."""
        return history_of(self.folder.history())

    @property
    def evaluation(self) -> Evaluation:
        """The results on each set at the end of training; empty before."""
        return self.folder.evaluation()

    @property
    def class_names(self) -> list[str] | None:
        """The names of the classes, by class index; None if there are none."""
        return self.folder.labels().class_names()

    @cached_property
    def model(self) -> keras.Model:
        """The `keras.Sequential` at the end of training; raises `RunError` before it is saved."""
        return self._load(self.folder.model)

    @cached_property
    def best_model(self) -> keras.Model:
        """The `keras.Sequential` of the best epoch; raises `RunError` where none was saved."""
        return self._load(self.folder.best_model)

    def _load(self, path: Path) -> keras.Model:
        self._require(path)
        from seqspec.core.api.compiler import import_keras, without_retracing_warnings

        import_keras(self.backend)
        without_retracing_warnings()
        from seqspec.training.run_folder.loading import load_model

        return load_model(path, self.spec, self._allowed)

    def _require(self, path: Path) -> None:
        if not path.exists():
            raise RunError(f"{path} does not exist: {_why_without_model(self)}")

    def uses_best(self, best: bool | None = None) -> bool:
        """Whether `evaluate` and `predict` use the model of the best epoch; by default where `[save] best` is declared.

        Raises `RunError` if that model does not exist.
        """
        declared = bool(self.spec.get("save", {}).get("best")) and self.folder.best_model.exists()
        chosen = declared if best is None else best
        # Checked before the data is read, which can take long.
        if ("best_model" if chosen else "model") not in self.__dict__:
            self._require(self.folder.best_model if chosen else self.folder.model)
        return chosen

    def describe_model(self, best: bool | None = None) -> str:
        """The model that `best` chooses, in words: "the best epoch, 7 (val_loss 0.31)"."""
        epochs = self.evaluation.get("epochs")
        if not self.uses_best(best):
            if not epochs:
                return "the final one"
            restored = self.evaluation.get("restored", epochs)
            weights = "" if restored == epochs else f", with the weights of epoch {restored}, restored"
            return f"the final one, after {counted(epochs, 'epoch')}{weights}"
        record = self.evaluation.get("best") or {}
        values = "".join(f" ({key} {each:.4g})" for key, each in record.items() if key != "epoch" and each is not None)
        epoch = f", {record['epoch']:g}{values}" if record.get("epoch") else ""
        return f"that of the best epoch{epoch}"

    def _chosen(self, best: bool | None) -> keras.Model:
        return self.best_model if self.uses_best(best) else self.model

    def evaluate(
        self, on: str | None = None, data: object = None, *, note: Note = silent_note, best: bool | None = None
    ) -> dict[str, SetEvaluation]:
        """Loss, metrics and details of the model.

        The samples of a file that are in the training set too are counted, as `trained_on`.

        Args:
            on: train, validation or test; or a file of the kind that the model was trained on. By default validation
                and test, as they were split in training.
            data: Arrays (x, y) instead of a file.
            note: Receives a line for each column of a file with unknown categories.
            best: Whether the model of the best epoch is used, instead of the one at the end of training; by default
                where the spec has `[save] best`.

        Raises:
            DataError: The data cannot be used.
            RunError: There is no such set, or no model yet; or the files that the set was read from changed since.
        """
        from seqspec.training.prediction.inputs import evaluation_sets, trained_on

        self.uses_best(best)
        access = self._access or access_of_run(self.path, self.info["base"], Allowed(self._allow_data))
        sets, baseline = evaluation_sets(self.folder, on, data=data, allowed=self._allowed, access=access, note=note)
        overlaps = {
            name: trained_on(self.folder, on, each, self._allowed, access, note)
            for name, each in sets.items()
            if name not in SETS
        }
        model = self._chosen(best)
        from seqspec.training.evaluation.evaluate import evaluate_sets, mark_results

        batch_size = _batch_size(self.spec, next(iter(sets.values())).x)
        level = self.spec.get("report", {}).get("interval", DEFAULT_LEVEL)
        results = evaluate_sets(model, sets, self.folder.labels(), batch_size, baseline, level)
        mark_results(results, has_class_weights(self.spec), self.spec.get("target", {}).get("unit"))
        for name, count in overlaps.items():
            if count:
                results[name]["trained_on"] = count
        _note_far(sets, results, baseline, note)
        return results

    def predict(
        self,
        source: object,
        *,
        origins: Origins = "last",
        threshold: float | None = None,
        note: Note = silent_note,
        best: bool | None = None,
        interval: bool = False,
    ) -> Predictions:
        """The model's outputs for new samples, which need no labels: an array, or the path of a file.

        Args:
            source: An array, or a path.
            origins: For a file of series, the outputs are forecasts of the steps after its last row; with "all", they
                are those for every window in it.
            threshold: The probability from which the second of two classes is predicted; by default that of the run.
            note: Receives a line for each column with unknown categories, and for forecasts the steps that they are of.
            best: As in `evaluate`.
            interval: Whether forecasts have bounds, from the errors of the validation set.

        Raises:
            DataError: A file cannot be read, lacks a column, or has samples of another shape.
            RunError: There is no model yet, a threshold for a model that is not a binary classifier, or no interval.
        """
        from seqspec.training.prediction.inputs import prediction_inputs

        labels = self._labels(threshold)
        self.uses_best(best)
        error_range = _error_range(self, origins) if interval else None
        found = prediction_inputs(self.folder, source, origins=origins)
        for line in found.notes:
            note(line)
        model = self._chosen(best)
        from seqspec.training.prediction.predict import predict

        return predict(model, found, labels, _batch_size(self.spec, found.x), error_range)

    def predict_file(
        self,
        path: str | os.PathLike[str] | Sequence[str],
        output: str | os.PathLike[str],
        *,
        origins: Origins = "last",
        threshold: float | None = None,
        note: Note = silent_note,
        best: bool | None = None,
        errors: OnErrors = "raise",
        stdin: BinaryIO | None = None,
        force: bool = False,
        interval: bool = False,
    ) -> int:
        """Writes the predictions for files to a .csv, .jsonl, .parquet or .npy file; returns how many they are.

        Rows that are marked are not among them. The arguments are those of `predictions`. A file of earlier predictions
        with the same columns is replaced, any other file with `force` only, and a file to predict for never.
        """
        if not Path(output).absolute().parent.is_dir():
            # Checked before the model computes the predictions.
            raise RunError(f"{output}: {Path(output).parent} is not a folder")
        from seqspec.training.prediction.replaced_files import in_place_of, require_other_file

        require_other_file(_sources(path), Path(output))
        found, parts = self._predictions(path, origins, threshold, note, best, errors, stdin, interval)
        from seqspec.training.prediction.predict import write_predictions

        rows = sum(len(each.inputs.x) for each in found)
        write_predictions(rows, parts if force else in_place_of(Path(output), parts), Path(output))
        return rows - sum(len(each.errors) for each in found)

    def predictions(
        self,
        path: str | os.PathLike[str] | Sequence[str],
        *,
        origins: Origins = "last",
        threshold: float | None = None,
        note: Note = silent_note,
        best: bool | None = None,
        errors: OnErrors = "raise",
        stdin: BinaryIO | None = None,
        interval: bool = False,
    ) -> Iterator[Predictions]:
        """The predictions for files, in parts.

        Args:
            path: A file, a folder, a pattern, or a list of these; `-` is CSV or JSON Lines from `stdin`.
            origins: As in `predict`.
            threshold: As in `predict`.
            note: As in `predict`; also receives a line about rows that are marked.
            best: As in `evaluate`.
            errors: Whether a row that cannot be read raises `DataError`, or is marked in a column `error`.
            stdin: Standard input.
            interval: As in `predict`.

        Raises:
            DataError: A file cannot be read.
            RunError: There is no model yet, or no interval.
        """
        return self._predictions(path, origins, threshold, note, best, errors, stdin, interval)[1]

    def _predictions(
        self,
        path: str | os.PathLike[str] | Sequence[str],
        origins: Origins,
        threshold: float | None,
        note: Note,
        best: bool | None,
        errors: OnErrors,
        stdin: BinaryIO | None,
        interval: bool,
    ) -> tuple[Sequence[MarkedInputs], Iterator[Predictions]]:
        from seqspec.training.prediction.sources import read_sources

        labels = self._labels(threshold)
        self.uses_best(best)
        error_range = _error_range(self, origins) if interval else None
        found = read_sources(self.folder, _sources(path), origins=origins, errors=errors, stdin=stdin)
        model = self._chosen(best)
        from seqspec.training.prediction.far import LabelRange
        from seqspec.training.prediction.predict import MarkedPredictions, mark, prediction_parts, with_equal_columns

        limits = LabelRange.of(self.folder.baseline())
        for each in found:
            for line in each.inputs.notes:
                note(line if each.source is None else f"{each.source}: {line}")
            if each.errors:
                row, error = next(iter(each.errors.items()))
                if each.inputs.forecast is not None:
                    shown = "; ".join(each.errors.values())
                    note(f"{len(each.errors):,} of {len(each.inputs.x):,} series cannot be forecast: {shown}")
                    continue
                shown = f"{each.inputs.where(row)}: {error}"
                note(f"{len(each.errors):,} of {len(each.inputs.x):,} rows cannot be read: {shown}")

        def predicted(source: MarkedInputs) -> Iterator[MarkedPredictions]:
            batch_size = _batch_size(self.spec, source.inputs.x)
            parts = prediction_parts(model, source.inputs, labels, batch_size, error_range)
            marked = mark(parts, source.errors, note if errors == "mark" else None)
            return marked if limits is None else limits.noting(marked, note)

        return found, with_equal_columns(chain.from_iterable(map(predicted, found)), any(each.errors for each in found))

    def _labels(self, threshold: float | None) -> LabelEncoding:
        """The labels, with another threshold unless it is None."""
        from seqspec.training.evaluation.thresholds import with_threshold

        return with_threshold(self.folder.labels(), threshold)

    def __repr__(self) -> str:
        return f"<Run {self.path.name}: {self.state}>"


def _error_range(run: Run, origins: Origins) -> ForecastInterval:
    """The range of the errors of forecasts; raises `RunError` if the run has none."""
    if not run.is_series or origins != "last":
        raise RunError("an interval is for forecasts of the steps after the last row of a series")
    forecast = run.evaluation.get("validation", {}).get("forecast", {})
    if "interval" not in forecast:
        from seqspec.training.evaluation.regression_errors import MIN_WINDOWS

        raise RunError(f"the run has no interval: it needs a validation set with {MIN_WINDOWS} windows or more")
    return forecast["interval"]


def _why_without_model(run: Run) -> str:
    """Why a run has no model: it has not ended, or a search has not kept it."""
    search, trial, model = search_above(run.path), run.info.get("trial"), RunFolder(run.path).model
    if search is None or trial is None or run.state != DONE or model.exists():
        continues = "" if run.state in (DONE, RUNNING) else f"; seqspec resume {run.path} continues it"
        return f"the run is {run.state}{continues}"
    folds = run.path / FOLDS
    reason = "a search keeps the models of its best trials only ([search] keep)"
    if any(folds.glob(f"*/{model.name}")):
        reason = (
            f"with folds only the best trial gets a final model ([search] final); those of the folds are in {folds}"
        )
    write = f"seqspec search best {search} --trial {trial} -o FILE writes the spec of this one"
    return f"{reason}; {write}, and seqspec train FILE trains it"


def _sources(path: str | os.PathLike[str] | Sequence[str]) -> list[str]:
    return [os.fspath(path)] if isinstance(path, (str, os.PathLike)) else list(path)


def _note_far(
    sets: Mapping[str, SampleSet], results: Mapping[str, SetEvaluation], baseline: LabelBaseline, note: Note
) -> None:
    """Names predictions for a file that are far outside of the range of the training labels."""
    from seqspec.training.prediction.far import LabelRange

    limits = LabelRange.of(baseline)
    for name, samples in sets.items():
        if limits is None or samples.where is None or "residuals" not in results[name]:
            continue
        if (line := limits.among(results[name].get("worst", ()), samples.where)) is not None:
            note(line)


def _batch_size(spec: JsonObject, x: Values) -> int:
    """Samples per batch for inputs `x`, which depends on that of the last stage."""
    from seqspec.core.api.training import BATCH_SIZE
    from seqspec.training.prediction.predict import batch_size_for

    stages = spec.get("fit", {})
    last = stages[-1] if isinstance(stages, list) else stages
    return batch_size_for(x, last.get("batch_size") or BATCH_SIZE)


def load_run(
    path: str | os.PathLike[str],
    *,
    allow_custom: Collection[str] = (),
    allow_data: Collection[str | os.PathLike[str]] = (),
    **dialect: Unpack[DialectOptions],
) -> Run:
    """Opens a run folder.

    Args:
        path: The run folder, or a name of it: see `seqspec.training.run_folder.names.find_run`.
        allow_custom: Names of the Python modules whose classes the model may import.
        allow_data: Folders, or files, outside of the project that the spec of the run may read data from.
        dialect: How the files to predict for, or to evaluate on, are written, where it is not as in the training data:
            `encoding`, `delimiter` and `decimal` of CSV files.

    Raises:
        RunError: There is no such run.
    """
    folder = RunFolder.open(path)
    folder.written = Dialect.of(dialect)
    return Run(folder, allowed=allow_custom, allow_data=allow_data)
