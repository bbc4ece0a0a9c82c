"""What training returns, and what `load_run` reads: a run folder as an object."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from seqspec.training.errors import RunError
from seqspec.training.folder import RunFolder, history_of


class Run:
    """A run folder: what `train` returns and `load_run` opens. Files are read when an attribute is accessed."""

    def __init__(self, folder: RunFolder, model: object = None, allowed: Collection[str] = ()) -> None:
        self._folder = folder
        self._allowed = tuple(allowed)
        if model is not None:
            self.__dict__["model"] = model

    @property
    def path(self) -> Path:
        """The run folder."""
        return self._folder.path

    @property
    def info(self) -> dict[str, Any]:
        """State, times and plan of the run: the contents of run.json."""
        info: dict[str, object] = self._folder.read_json("run.json")
        return info

    @property
    def state(self) -> str:
        """`"running"`, `"done"`, `"failed"` or `"interrupted"`."""
        return str(self.info["state"])

    @property
    def lock(self) -> dict[str, Any]:
        """Versions, seed and digests: the contents of lock.json."""
        lock: dict[str, object] = self._folder.read_json("lock.json")
        return lock

    @property
    def spec(self) -> dict[str, Any]:
        """The spec with variables, blocks and overrides resolved."""
        spec: dict[str, object] = self._folder.read_json("expanded.json")
        return spec

    @property
    def backend(self) -> str | None:
        """The Keras backend that the spec names."""
        backend: str | None = self.spec.get("runtime", {}).get("backend")
        return backend

    @property
    def history(self) -> dict[str, list[Any]]:
        """Logged value → its value in each epoch, over all stages."""
        return history_of(self._folder.history())

    @property
    def evaluation(self) -> dict[str, Any]:
        """The results on each set at the end of training; empty before."""
        if not (self.path / "evaluation.json").exists():
            return {}
        evaluation: dict[str, object] = self._folder.read_json("evaluation.json")
        return evaluation

    @property
    def class_names(self) -> list[str] | None:
        """The names of the classes, by class index; None if there are none."""
        return self._folder.labels().class_names()

    @cached_property
    def model(self) -> Any:
        """The `keras.Sequential` at the end of training; raises `RunError` before it is saved."""
        return self._load(self._folder.model)

    @cached_property
    def best_model(self) -> Any:
        """The `keras.Sequential` of the best epoch; raises `RunError` where none was saved."""
        return self._load(self._folder.best_model)

    def _load(self, path: Path) -> Any:
        if not path.exists():
            raise RunError(f"{path} does not exist: the run is {self.state}")
        from seqspec.training.loading import load_model

        return load_model(path, self.spec, self._allowed)

    def evaluate(self, on: str | None = None, data: object = None) -> Mapping[str, Any]:
        """Evaluates the model again: see `seqspec.training.inference.evaluate`."""
        from seqspec.training.inference import evaluate

        return evaluate(self._folder, self.model, on, data=data, allowed=self._allowed)

    def predict(self, source: object) -> Any:
        """The model's outputs for arrays or for a file: see `seqspec.training.inference.predict`."""
        from seqspec.training.inference import predict

        return predict(self._folder, self.model, source, allowed=self._allowed)

    def predict_file(self, path: str | os.PathLike[str], output: str | os.PathLike[str]) -> int:
        """Writes the predictions for a file to a .csv, .jsonl, .parquet or .npy file; returns how many they are."""
        from seqspec.training.inference import prediction_parts, write_predictions

        count, parts = prediction_parts(self._folder, self.model, os.fspath(path), allowed=self._allowed)
        write_predictions(count, parts, Path(output))
        return count

    def predictions(self, path: str | os.PathLike[str]) -> Iterator[Any]:
        """The predictions for a file, in parts."""
        from seqspec.training.inference import prediction_parts

        return prediction_parts(self._folder, self.model, os.fspath(path), allowed=self._allowed)[1]

    def __repr__(self) -> str:
        return f"<Run {self.path.name}: {self.state}>"


def load_run(path: str | os.PathLike[str], *, allow_custom: Collection[str] = ()) -> Run:
    """Opens a run folder.

    Args:
        path: The run folder.
        allow_custom: Names of the Python modules whose classes the model may import.

    Raises:
        RunError: The path is not a run folder.
    """
    return Run(RunFolder.open(path), allowed=allow_custom)
