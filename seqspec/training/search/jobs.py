"""What workers do: train a trial, train the best one on more samples, and evaluate it on the test set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from seqspec.core.analysis.analyze import AnalysisResult
from seqspec.core.analysis.data.datasets import BATCH_SIZE
from seqspec.core.document.training_tables import Fit
from seqspec.core.document.typed_spec import TypedSpec
from seqspec.core.search_space.candidates import Candidate
from seqspec.training.checks import read_data
from seqspec.training.cross_validation import cross_validate
from seqspec.training.data.prepare import PreparedData
from seqspec.training.errors import Interrupted
from seqspec.training.execute import execute, import_backend, partial_job
from seqspec.training.folds import Folds, used_epochs
from seqspec.training.records import EventFields, EventHandler, RunInfo, Scaling, SetEvaluation, silent
from seqspec.training.run import Run
from seqspec.training.run_folder.files import PRUNED, RUNNING, now
from seqspec.training.run_folder.folder import RunFolder
from seqspec.training.run_folder.states import recorded_state, terminated_as_interrupted
from seqspec.training.search.objective_values import logs_at, runs_of
from seqspec.training.search.plan import SearchPlan
from seqspec.training.search.trial_data import SearchData

if TYPE_CHECKING:
    from seqspec.training.fitting.trainer import TrainingJob


OnEpoch = Callable[[int, Mapping[str, float]], bool]
"""Receives the number and the logs of an epoch, or of a fold; returns whether the trial ends early."""


class Job(Protocol):
    """A piece of work; it and its result can be pickled."""

    def run(self, data: SearchData, on_epoch: OnEpoch) -> object:
        """Does the work."""


class TrainTrial(NamedTuple):
    """A trial that is trained from the beginning, or from its last checkpoint.

    Attributes:
        number: Its number.
        values: What its candidate sets in the spec.
        path: Its run folder.
        heading: The comment at the beginning of its document.
    """

    number: int
    values: Mapping[tuple[str, ...], Any]
    path: Path
    heading: str

    def run(self, data: SearchData, on_epoch: OnEpoch) -> list[str]:
        """Trains all of its runs that are not done; returns their warnings, and raises what training a run raises.

        `Interrupted` is raised where it ends early.
        """
        warnings: list[str] = []
        plan, folder = data.plan, RunFolder(self.path)
        import_backend(plan.shared)
        ends = False

        def ask(epoch: int, logs: Mapping[str, float]) -> bool:
            nonlocal ends
            ends = on_epoch(epoch, logs)
            return ends

        try:
            if plan.folds:
                self._train_folds(data, folder, _collect_warnings(warnings, _at_folds(plan, ask)))
                return warnings
            for repeat, each in enumerate(runs_of(plan, folder), 1):
                if not each.is_done:
                    report = _at_epochs(ask) if repeat == 1 else silent
                    handler = _collect_warnings(warnings, report)
                    execute(self.job(data, each, self.analysis(data, repeat), data.of_trials, handler, repeat))
        except Interrupted:
            if ends:
                folder.update(state=PRUNED)
            raise
        return warnings

    def job(
        self,
        data: SearchData,
        folder: RunFolder,
        analysis: AnalysisResult,
        samples: PreparedData,
        report: EventHandler,
        repeat: int = 1,
    ) -> TrainingJob:
        """The training of one of its runs, from the beginning or from the last checkpoint."""
        from seqspec.training.strategies.strategy import SingleDevice

        plan, info = data.plan, self.info(data, folder)
        seed = plan.seed_of(self.number, repeat)
        job = partial_job(folder, analysis, samples, seed, plan.allowed, info, SingleDevice(), report)
        job.access = plan.access
        return job

    def _train_folds(self, data: SearchData, folder: RunFolder, report: EventHandler) -> None:
        """Trains the folds, but no model on all of them."""
        if folder.is_done:
            return
        job = self.job(data, folder, self.analysis(data), data.of_trials, report)
        with folder.locked(), terminated_as_interrupted(), recorded_state(folder):
            folds = cross_validate(job)
            folder.write_json("evaluation.json", {"epochs": sum(folds.epochs), "folds": folds.results})

    def analysis(self, data: SearchData, repeat: int = 1) -> AnalysisResult:
        """The check of its spec, with its document as text."""
        plan, candidate = data.plan, Candidate({}, self.values)
        analysis = plan.trial(candidate, self.number, repeat)
        document = copy(analysis.document)
        document.text = plan.text(candidate, self.number, self.heading, repeat)
        analysis.document = document
        return analysis

    def info(self, data: SearchData, folder: RunFolder) -> RunInfo:
        """What the run folder says about the run."""
        return {
            "state": RUNNING, "command": "train", "name": folder.path.name, "started": now(), "spec": None,
            "base": str(data.plan.base), "from": None, "python_data": False, "download": data.plan.download,
            "no_report": True, "trial": self.number, "loggers": list(data.plan.loggers),
        }  # fmt: skip


class RetrainTrial(NamedTuple):
    """The training of the best trial on training and validation set, for as many epochs as its best.

    Attributes:
        trial: The trial.
        path: The run folder of the new run; that of the trial where it was trained on folds.
    """

    trial: TrainTrial
    path: Path

    def run(self, data: SearchData, on_epoch: OnEpoch) -> None:
        """Trains it, unless that is done."""
        folder, plan, trial = RunFolder(self.path), data.plan, self.trial
        if folder.is_done and folder.model.exists():
            return
        import_backend(plan.shared)
        analysis = trial.analysis(data)
        if plan.folds:
            job = trial.job(data, folder, analysis, data.of_trials, silent)
            job.train_folds = cross_validate
        else:
            joined = read_data(analysis, plan.base, plan.seed, plan.allowed, access=plan.access, joined=True)
            job = trial.job(data, folder, analysis, replace(joined, sets={"train": joined.train}), silent)
            job.folds = _as_one_fold(Run(RunFolder(trial.path)), job.spec)
        execute(job)


def _as_one_fold(run: Run, spec: TypedSpec) -> Folds:
    """What a run says about the one that is trained on more samples."""
    threshold, calibration = run._folder.labels().threshold, run.evaluation.get("calibration")
    return Folds(
        None,
        used_epochs(run, list(spec.fit or [Fit()])),
        threshold.value if threshold is not None else None,
        Scaling(calibration["temperature"], calibration.get("shift", 0.0)) if calibration is not None else None,
    )


class EvaluateTrial(NamedTuple):
    """The evaluation of the model in a run folder on the test set."""

    path: Path

    def run(self, data: SearchData, on_epoch: OnEpoch) -> SetEvaluation:
        """The results."""
        import_backend(data.plan.shared)
        from seqspec.training.evaluation.evaluate import evaluate_sets

        folder = RunFolder(self.path)
        run = Run(folder, allowed=data.plan.allowed)
        model = run.best_model if run.uses_best() else run.model
        sets = {"test": data.sets.sets["test"]}
        return evaluate_sets(model, sets, folder.labels(), BATCH_SIZE, data.sets.baseline())["test"]


def _collect_warnings(warnings: list[str], handler: EventHandler) -> EventHandler:
    """A handler that also collects warnings."""

    def report(event: str, fields: EventFields) -> None:
        if event == "warning":
            warnings.append(fields["message"])
        handler(event, fields)

    return report


def _at_epochs(ends: OnEpoch) -> EventHandler:
    """A handler that ends a run after an epoch as Ctrl-C does, so that it could be resumed."""

    def report(event: str, fields: EventFields) -> None:
        if event == "epoch" and ends(fields["epoch"], fields["logs"]):
            raise KeyboardInterrupt

    return report


def _at_folds(plan: SearchPlan, ends: OnEpoch) -> EventHandler:
    """A handler that ends a cross-validation after a fold."""

    def report(event: str, fields: EventFields) -> None:
        if event == "fold" and ends(fields["fold"], logs_at(plan, RunFolder(Path(fields["folder"])))):
            raise KeyboardInterrupt

    return report
