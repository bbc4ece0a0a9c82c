"""The base class of loggers, which receive the epochs of history.jsonl and the results at the end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from seqspec.training.records import EpochRecord, Evaluation, JsonObject, Plan, evaluated_sets

if TYPE_CHECKING:
    import keras


@dataclass
class LoggedSearch:
    """The information about a search that a logger receives.

    Args:
        path: Its folder.
        name: The name of the folder.
        config: The table `[search]`.
        state: What the logger keeps of the search: JSON data, which it changes in `start_search`.
    """

    path: Path
    name: str
    config: JsonObject
    state: JsonObject = field(default_factory=dict)


@dataclass
class LoggedRun:
    """The information about a run that a logger receives.

    Args:
        path: The run folder.
        name: Its name.
        config: The expanded spec.
        plan: Sizes, devices and backend, as in run.json.
        model: The Keras model, built and compiled.
        state: What the logger keeps between a run and its continuation: JSON data, such as the identifier of the run
            in its tracker. It is empty when the run starts; the logger changes it in `start`.
        search: The search that the run is a trial of; None for other runs.
        trial: The number of the trial.
    """

    path: Path
    name: str
    config: JsonObject
    plan: Plan
    model: keras.Model
    state: JsonObject = field(default_factory=dict)
    search: LoggedSearch | None = None
    trial: int | None = None

    @property
    def part(self) -> str:
        """Which run of a trial it is, as "folds/2" or "repeats/3"; empty for the first or only one."""
        if self.search is None or self.trial is None:
            return ""
        return f"{self.path.relative_to(self.search.path).as_posix()}/".removeprefix(f"trials/{self.trial:04}/")[:-1]


class Logger:
    """Base class. An exception in one of the methods is reported once and turns the logger off; training goes on."""

    packages: ClassVar[tuple[str, ...]] = ()
    """Packages that must be installed."""
    install: ClassVar[str] = ""
    """The command that installs them."""
    files: ClassVar[tuple[str, ...]] = ()
    """Files and folders that it writes to the run folder, which are deleted with it."""

    def start(self, run: LoggedRun) -> None:
        """Called when the model is built, before training begins or continues."""

    def log_epoch(self, line: EpochRecord) -> None:
        """An epoch is done: `epoch` (from 1, over all stages), `stage`, `seconds`, `learning_rate`, `logs`."""

    def finish(self, state: str, evaluation: Evaluation) -> None:
        """The run ends as done, failed or interrupted; `evaluation` has the results by set, empty without any."""

    def start_search(self, search: LoggedSearch) -> None:
        """Called before the first trial of a search, and when it is resumed."""

    def finish_search(self, state: str, results: Mapping[str, float]) -> None:
        """The search ends as done, failed or interrupted; `results` are the objectives of the best trial, as
        `best_val_loss`, the number of trials and that of rejected candidates.
        """


def scalars(line: EpochRecord) -> dict[str, float]:
    """The numbers of an epoch."""
    rate = line["learning_rate"]
    return {**line["logs"], "seconds": line["seconds"], **({} if rate is None else {"learning_rate": rate})}


def evaluation_scalars(evaluation: Evaluation) -> dict[str, float]:
    """The metrics of an evaluation, as "test_accuracy"; of folds their means."""
    folds = evaluation["folds"]["metrics"] if "folds" in evaluation else {}
    return {f"folds_{name}": metric["mean"] for name, metric in folds.items()} | {
        f"{name}_{metric}": float(value)
        for name, result in evaluated_sets(evaluation).items()
        for metric, value in result["metrics"].items()
    }


def parameters(config: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """The leaves of a spec by their path, as "fit.epochs"; a list is one leaf."""
    flat: dict[str, str] = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            flat |= parameters(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value if isinstance(value, str) else json.dumps(value, default=str)
    return flat
