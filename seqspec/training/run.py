"""What training returns, and `load_run` reads: a run folder as an object. Runs are compared without Keras."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from seqspec.training.access import Access, Allowed, access_of_run
from seqspec.training.errors import RunError
from seqspec.training.records import Evaluation, JsonObject, Lock, RunInfo, SetEvaluation, evaluated_sets
from seqspec.training.run_folder.folder import RUN_FILES, RunFolder, history_of

if TYPE_CHECKING:
    import keras

    from seqspec.training.data.stored import Values
    from seqspec.training.inference import Predictions
    from seqspec.training.inputs import Inputs, Note

Origins = Literal["last", "all"]
"""The windows of a file of series that are predicted for: the last one of each series, or all."""


def silent_note(line: str) -> None:
    """Ignores the line."""


class Run:
    """A run folder: what `train` returns and `load_run` opens. Files are read when an attribute is accessed."""

    def __init__(
        self,
        folder: RunFolder,
        model: object = None,
        allowed: Collection[str] = (),
        access: Access | None = None,
        allow_data: Collection[str | os.PathLike[str]] = (),
    ) -> None:
        self._folder = folder
        self._allowed = tuple(allowed)
        self._access = access
        self._allow_data = tuple(allow_data)
        if model is not None:
            self.__dict__["model"] = model

    @property
    def path(self) -> Path:
        """The run folder."""
        return self._folder.path

    @property
    def info(self) -> RunInfo:
        """State, times and plan of the run: the contents of run.json."""
        return self._folder.info()

    @property
    def state(self) -> str:
        """`"running"`, `"done"`, `"failed"` or `"interrupted"`."""
        return str(self.info["state"])

    @property
    def lock(self) -> Lock:
        """Versions, seed and digests: the contents of lock.json."""
        return self._folder.lock()

    @property
    def spec(self) -> JsonObject:
        """The spec with variables, blocks and overrides resolved."""
        return self._folder.spec()

    @property
    def is_series(self) -> bool:
        """Whether the model forecasts a series."""
        return self._folder.has_series

    @property
    def backend(self) -> str | None:
        """The Keras backend that the spec names."""
        backend: str | None = self.spec.get("runtime", {}).get("backend")
        return backend

    @property
    def history(self) -> dict[str, list[float | None]]:
        """Logged value → its value in each epoch, over all stages; None in an epoch without it."""
        return history_of(self._folder.history())

    @property
    def evaluation(self) -> Evaluation:
        """The results on each set at the end of training; empty before."""
        return self._folder.evaluation()

    @property
    def class_names(self) -> list[str] | None:
        """The names of the classes, by class index; None if there are none."""
        return self._folder.labels().class_names()

    @cached_property
    def model(self) -> keras.Model:
        """The `keras.Sequential` at the end of training; raises `RunError` before it is saved."""
        return self._load(self._folder.model)

    @cached_property
    def best_model(self) -> keras.Model:
        """The `keras.Sequential` of the best epoch; raises `RunError` where none was saved."""
        return self._load(self._folder.best_model)

    def _load(self, path: Path) -> keras.Model:
        self._require(path)
        from seqspec.core.compiler.quiet_backend import import_keras

        import_keras(self.backend)
        from seqspec.training.loading import load_model

        return load_model(path, self.spec, self._allowed)

    def _require(self, path: Path) -> None:
        if not path.exists():
            raise RunError(f"{path} does not exist: the run is {self.state}")

    def evaluate(
        self, on: str | None = None, data: object = None, *, note: Note = silent_note
    ) -> dict[str, SetEvaluation]:
        """Loss, metrics and details of the model at the end of training.

        The samples of a file that are in the training set too are counted, as `trained_on`.

        Args:
            on: train, validation or test; or a file of the kind that the model was trained on. By default validation
                and test, as they were split in training.
            data: Arrays (x, y) instead of a file.
            note: Receives a line for each column of a file with unknown categories.

        Raises:
            DataError: The data cannot be used.
            RunError: There is no such set, or no model yet.
        """
        from seqspec.training.data.split import SETS
        from seqspec.training.inputs import evaluation_sets, trained_on

        self._require_model()
        access = self._access or access_of_run(self.path, self.info["base"], Allowed(self._allow_data))
        sets, baseline = evaluation_sets(self._folder, on, data=data, allowed=self._allowed, access=access, note=note)
        overlaps = {name: trained_on(self._folder, on, each, self._allowed, access) for name, each in sets.items()
                    if name not in SETS}  # fmt: skip
        model = self.model
        from seqspec.training.evaluation import evaluate_sets

        batch_size = self._batch_size(next(iter(sets.values())).x)
        results = evaluate_sets(model, sets, self._folder.labels(), batch_size, baseline)
        for name, count in overlaps.items():
            if count:
                results[name]["trained_on"] = count
        return results

    def predict(self, source: object, *, origins: Origins = "last", note: Note = silent_note) -> Predictions:
        """The model's outputs for new samples, which need no labels: an array, or the path of a file.

        Args:
            source: An array, or a path.
            origins: For a file of series, the outputs are forecasts of the steps after its last row; with "all", they
                are those for every window in it.
            note: Receives a line for each column with unknown categories, and for forecasts the steps that they are of.

        Raises:
            DataError: A file cannot be read, lacks a column, or has samples of another shape.
            RunError: There is no model yet.
        """
        found = self._inputs(source, origins, note)
        model = self.model
        from seqspec.training.inference import predict

        return predict(model, found, self._folder.labels(), self._batch_size(found.x))

    def predict_file(
        self,
        path: str | os.PathLike[str],
        output: str | os.PathLike[str],
        *,
        origins: Origins = "last",
        note: Note = silent_note,
    ) -> int:
        """Writes the predictions for a file to a .csv, .jsonl, .parquet or .npy file; returns how many they are."""
        if not Path(output).absolute().parent.is_dir():
            # Checked before the model computes the predictions.
            raise RunError(f"{output}: {Path(output).parent} is not a folder")
        found = self._inputs(path, origins, note)
        model = self.model
        from seqspec.training.inference import prediction_parts, write_predictions

        parts = prediction_parts(model, found, self._folder.labels(), self._batch_size(found.x))
        write_predictions(len(found.x), parts, Path(output))
        return len(found.x)

    def predictions(
        self, path: str | os.PathLike[str], *, origins: Origins = "last", note: Note = silent_note
    ) -> Iterator[Predictions]:
        """The predictions for a file, in parts."""
        found = self._inputs(path, origins, note)
        model = self.model
        from seqspec.training.inference import prediction_parts

        return prediction_parts(model, found, self._folder.labels(), self._batch_size(found.x))

    def _batch_size(self, x: Values) -> int:
        from seqspec.training.inference import batch_size_for
        from seqspec.training.placement import BATCH_SIZE

        stages = self.spec.get("fit", {})
        last = stages[-1] if isinstance(stages, list) else stages
        return batch_size_for(x, last.get("batch_size") or BATCH_SIZE)

    def _inputs(self, source: object, origins: Origins, note: Note) -> Inputs:
        from seqspec.training.inputs import prediction_inputs

        self._require_model()
        found = prediction_inputs(self._folder, source, origins=origins)
        for line in found.notes:
            note(line)
        return found

    def _require_model(self) -> None:
        # Checked before the data is read, which can take long.
        if "model" not in self.__dict__:
            self._require(self._folder.model)

    def __repr__(self) -> str:
        return f"<Run {self.path.name}: {self.state}>"


def load_run(
    path: str | os.PathLike[str],
    *,
    allow_custom: Collection[str] = (),
    allow_data: Collection[str | os.PathLike[str]] = (),
) -> Run:
    """Opens a run folder.

    Args:
        path: The run folder.
        allow_custom: Names of the Python modules whose classes the model may import.
        allow_data: Folders, or files, outside of the project that the spec of the run may read data from.

    Raises:
        RunError: The path is not a run folder.
    """
    return Run(RunFolder.open(path), allowed=allow_custom, allow_data=allow_data)


def runs_in(folder: Path) -> list[Run]:
    """The runs of a folder, oldest first."""
    if not folder.is_dir():
        return []
    found = [load_run(entry) for entry in folder.iterdir() if (entry / "run.json").is_file()]
    return sorted(found, key=lambda run: (str(run.info.get("started")), run.path.name))


def summary(run: Run) -> JsonObject:
    """One line about a run: name, state, epochs, the best epoch and the metrics on the test or validation set."""
    results = evaluated_sets(run.evaluation)
    on = next(iter(results), None)
    return {
        "name": run.path.name,
        "state": run.state,
        "started": run.info.get("started"),
        "epochs": len(run._folder.history()),
        "on": on,
        "metrics": results[on]["metrics"] if on is not None else {},
    }


def compare(one: Run, other: Run) -> JsonObject:
    """Differences of the specs, of what the runs depended on, and of their results."""
    return {
        "spec": list(_differences(one.spec, other.spec)),
        "versions": list(_differences(one.lock["versions"], other.lock["versions"])),
        "data": _data_digests(one) == _data_digests(other),
        "metrics": {
            f"{name}.{metric}": [_metrics(one, name).get(metric), _metrics(other, name).get(metric)]
            for name in ("validation", "test")
            for metric in {**_metrics(one, name), **_metrics(other, name)}
        },
        "best": [one.evaluation.get("best"), other.evaluation.get("best")],
    }


def _data_digests(run: Run) -> tuple[object, ...]:
    digests = run.lock["digests"]
    return digests["files"], digests["data"], digests["split"]


def _metrics(run: Run, name: str) -> Mapping[str, float]:
    result = evaluated_sets(run.evaluation).get(name)
    return {} if result is None else result["metrics"]


def _differences(one: object, other: object, path: str = "") -> Iterator[tuple[str, object, object]]:
    """(path, first value, second value) for each difference between two trees."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in {**one, **other}:
            yield from _differences(one.get(key), other.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (first, second) in enumerate(zip(one, other)):
            yield from _differences(first, second, f"{path}[{index}]")
    elif one != other:
        yield path, one, other


def remove(run: Run) -> None:
    """Deletes a run folder; raises `RunError` if it contains files that no run has written."""
    import shutil

    from seqspec.training.loggers.group import files_of

    known = RUN_FILES | files_of(run.info.get("loggers", ()))
    strange = sorted(entry.name for entry in run.path.iterdir() if entry.name not in known and entry.name[0] != ".")
    if strange:
        raise RunError(f"{run.path} holds files of your own: {', '.join(strange[:5])}")
    shutil.rmtree(run.path)
