"""MLflow: parameters, metrics per epoch, and the files of the run; MLFLOW_TRACKING_URI sets the destination."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping

from seqspec.core.api.diagnostics import install_command
from seqspec.training.loggers.logger import LoggedRun, LoggedSearch, Logger, evaluation_scalars, parameters, scalars
from seqspec.training.records import EpochRecord, Evaluation, JsonObject

_EXPERIMENT = "seqspec"
_MAX_VALUE = 500
"""Maximum length of a parameter in the oldest supported servers."""
_BATCH = 100
"""Maximum number of parameters per request in MLflow."""
_FILES = ("document.toml", "document.json", "evaluation.json", "history.jsonl", "lock.json", "model.keras")
_SEARCH_FILES = ("best.seqspec.*", "trials.csv", "report.html")
_STATUS = {"done": "FINISHED", "interrupted": "KILLED"}


class MLflowLogger(Logger):
    """A run of the experiment that MLFLOW_EXPERIMENT_NAME names, by default "seqspec".

    A search is a run too, of which those of the trials are children.
    """

    packages = ("mlflow",)
    install = install_command("mlflow")

    def start_search(self, search: LoggedSearch) -> None:
        self._folder = search.path
        if not self._continues(search.state):
            self._create(search.name, {"seqspec.search": str(search.path)}, search.state, {"search": search.config})

    def finish_search(self, state: str, results: Mapping[str, float]) -> None:
        self._log(results, 0)
        for pattern in _SEARCH_FILES:
            for path in self._folder.glob(pattern):
                self._client.log_artifact(self._id, str(path))
        self._client.set_terminated(self._id, _STATUS.get(state, "FAILED"))

    def _create(self, name: str, tags: Mapping[str, str], state: JsonObject, config: Mapping[str, object]) -> None:
        """Creates the run in MLflow, with its parameters."""
        from mlflow.entities import Param

        experiment = os.environ.get("MLFLOW_EXPERIMENT_NAME") or _EXPERIMENT
        known = self._client.get_experiment_by_name(experiment)
        identifier = known.experiment_id if known is not None else self._client.create_experiment(experiment)
        self._id = self._client.create_run(identifier, run_name=name, tags=dict(tags)).info.run_id
        state["run_id"] = self._id
        params = [Param(_name(key), value[:_MAX_VALUE]) for key, value in parameters(config).items()]
        for first in range(0, len(params), _BATCH):
            self._client.log_batch(self._id, params=params[first : first + _BATCH])

    def _continues(self, state: JsonObject) -> bool:
        """Connects to MLflow; returns whether it has the run of this state, which goes on."""
        from mlflow import MlflowClient

        self._client, self._id = MlflowClient(), state.get("run_id")
        if self._id is not None:
            self._client.update_run(self._id, status="RUNNING")
        return self._id is not None

    def start(self, run: LoggedRun) -> None:
        self._run = run
        if self._continues(run.state):
            return
        tags, name = {"seqspec.run": str(run.path), "seqspec.backend": str(run.plan.get("backend"))}, run.name
        if run.search is not None:
            name = f"trial {run.trial} {run.part}".strip()
            tags |= {"seqspec.search": str(run.search.path), "seqspec.trial": str(run.trial)}
            if "run_id" in run.search.state:
                tags["mlflow.parentRunId"] = run.search.state["run_id"]
        self._create(name, tags, run.state, run.config)

    def log_epoch(self, line: EpochRecord) -> None:
        self._log(scalars(line), line["epoch"])

    def finish(self, state: str, evaluation: Evaluation) -> None:
        self._log(evaluation_scalars(evaluation), evaluation.get("epochs", 0))
        for name in _FILES:
            if (self._run.path / name).is_file():
                self._client.log_artifact(self._id, str(self._run.path / name))
        self._client.set_terminated(self._id, _STATUS.get(state, "FAILED"))

    def _log(self, values: Mapping[str, float], step: int) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        self._client.log_batch(self._id, [Metric(_name(name), value, now, step) for name, value in values.items()])


def _name(text: str) -> str:
    """The name with characters that MLflow does not allow replaced."""
    return re.sub(r"[^\w\-. /]", "_", text)[:250]
