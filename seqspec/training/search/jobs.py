"""What workers do: read the data, train a trial and measure its objectives, train the best one again, evaluate it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from math import isfinite, sqrt
from pathlib import Path
from statistics import mean, stdev
from typing import Any, NamedTuple, Protocol

from seqspec.core.api.check import CheckedSpec, resolve_diagnostics
from seqspec.core.api.data import Data
from seqspec.core.api.search import Candidate
from seqspec.core.api.spec import Fit
from seqspec.core.api.training import BATCH_SIZE, VALIDATION
from seqspec.training.data.prepared import PreparedData
from seqspec.training.errors import DataError, RunError, StopReason, StopToken
from seqspec.training.events import EpochEvent, Event, EventHandler, FoldEvent, WarningEvent, ignore
from seqspec.training.execution.cross_validation import cross_validate
from seqspec.training.execution.execute import (
    execute,
    import_backend,
    partial_job,
    recorded_state,
    terminated_as_interrupted,
)
from seqspec.training.job import Start, TrainingJob
from seqspec.training.planning.checks import check_with_data, read_data
from seqspec.training.planning.folds import Folds
from seqspec.training.planning.plan import TrialRun
from seqspec.training.records import Digests, Scaling, SetEvaluation, used_epoch
from seqspec.training.run import Run
from seqspec.training.run_folder.folder import FOLDS, REPEATS, RunFolder
from seqspec.training.search.plan import SearchPlan


class DataFacts(NamedTuple):
    """What the coordinator knows about the data: the shape of each set, and the digests of files and split."""

    shapes: Mapping[str, tuple[int, ...]]
    digests: Digests

    @property
    def sizes(self) -> dict[str, int]:
        """The samples of each set."""
        return {name: shape[0] for name, shape in self.shapes.items()}


@dataclass(frozen=True)
class SearchData:
    """The data of all trials and of the evaluation of the best one."""

    plan: SearchPlan
    sets: PreparedData

    @property
    def of_trials(self) -> PreparedData:
        """The data without the test set."""
        return replace(self.sets, sets={name: each for name, each in self.sets.sets.items() if name != "test"})

    def facts(self) -> DataFacts:
        """Its shapes and digests."""
        shapes = {name: (len(each), *each.x.shape[1:]) for name, each in self.sets.sets.items()}
        return DataFacts(shapes, self.plan.run.digests(self.sets))


def read_search_data(plan: SearchPlan, report: EventHandler) -> SearchData:
    """Reads the data, and checks the document with it.

    Raises:
        SpecError: The data shows an error in the document.
        BuildError: The spec imports what is not allowed, or is not installed.
        DataError: The data cannot be used.
        RunError: The objectives need validation data, and there is none.
    """
    from seqspec.core.api.compiler import require_all

    require_all(plan.check, plan.run.permissions.modules)
    shared = plan.shared
    try:
        data = read_data(plan.run)
    except DataError as error:
        if plan.search.folds is not None:
            raise _of_folds(plan, error)
        raise
    check_with_data(shared, data, report)
    spec = shared.spec
    wanted = next((goal.metric for goal in plan.goals if goal.metric.startswith(VALIDATION)), None)
    validated = plan.folds or any(stage.validation_split for stage in spec.fit)
    if wanted is not None and "validation" not in data.sets and not validated:
        raise RunError(f"the objective {wanted} needs validation data: add validation to [data.split]")
    return SearchData(plan, data)


def _of_folds(plan: SearchPlan, error: DataError) -> DataError:
    """The same error, with what is wrong with the split of `folds` at this key."""
    split = Data.key_path(lambda data: data.split)
    folds = ("search", "folds")
    moved = DataError([each.replace(path=folds) if each.path[:2] == split else each for each in error.violations])
    moved.diagnostics = resolve_diagnostics(moved.violations, plan.check.expansion)
    return moved


class MeasuredObjectives(NamedTuple):
    """The objectives of a trial, and their standard errors where it has several runs."""

    values: list[float]
    errors: list[float] | None


def runs_of(plan: SearchPlan, folder: RunFolder) -> list[RunFolder]:
    """The run folders that a trial is measured by: one, or one for each fold or seed."""
    if plan.folds:
        return [RunFolder(folder.path / FOLDS / str(fold)) for fold in range(1, plan.folds + 1)]
    return [folder, *(RunFolder(folder.path / REPEATS / str(each)) for each in range(2, plan.search.repeats + 1))]


def is_trained(plan: SearchPlan, folder: RunFolder) -> bool:
    """Whether all runs of a trial are done."""
    return all(each.is_done for each in runs_of(plan, folder))


def logs_at(plan: SearchPlan, folder: RunFolder) -> dict[str, float]:
    """The logs of the epoch of a run whose values count; empty without one."""
    evaluation = folder.evaluation()
    epoch = (used_epoch(evaluation) if plan.search.at == "kept" else None) or evaluation["epochs"]
    return next((line["logs"] for line in folder.history() if line["epoch"] == epoch), {})


def measured(plan: SearchPlan, folder: RunFolder, sizes: Mapping[str, int | None]) -> MeasuredObjectives | None:
    """The objectives of a trial that is done; None where one is not finite."""
    logs = [logs_at(plan, each) for each in runs_of(plan, folder)]
    values, errors = [], []
    for goal in plan.goals:
        found = [sizes.get(goal.metric)] if goal.is_static else [log.get(goal.metric) for log in logs]
        known = [float(value) for value in found if value is not None and isfinite(value)]
        if len(known) < len(found):
            return None
        values.append(mean(known))
        errors.append(stdev(known) / sqrt(len(known)) if len(known) > 1 else 0.0)
    return MeasuredObjectives(values, errors if len(logs) > 1 else None)


OnEpoch = Callable[[int, Mapping[str, float]], StopReason | None]
"""Receives the number and the logs of an epoch, or of a fold; returns why the trial ends; None where it goes on."""


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

        `Stopped` is raised where it ends early.
        """
        warnings: list[str] = []
        plan, folder, stop = data.plan, RunFolder(self.path), StopToken()
        import_backend(plan.shared.spec)
        if plan.folds:
            handler = _collect_warnings(warnings, _at_folds(plan, on_epoch, stop))
            self._train_folds(data, folder, handler, stop)
            return warnings
        for repeat, run in enumerate(runs_of(plan, folder), 1):
            if not run.is_done:
                handler = _collect_warnings(warnings, _at_epochs(on_epoch, stop) if repeat == 1 else ignore)
                job = self.job(data, run, self.checked(data, repeat), data.of_trials, handler, repeat)
                execute(replace(job, stop=stop))
        return warnings

    def job(
        self,
        data: SearchData,
        folder: RunFolder,
        checked: CheckedSpec,
        samples: PreparedData,
        report: EventHandler,
        repeat: int = 1,
    ) -> TrainingJob:
        """The training of one of its runs, from the beginning or from the last checkpoint."""
        from seqspec.training.strategies.strategy import SingleDevice

        kind = TrialRun(self.number, folder.path.name, checked, data.plan.seed_of(self.number, repeat))
        plan = data.plan.run.derive(kind)
        return partial_job(TrainingJob(folder, plan, samples, Start(), SingleDevice(), report))

    def _train_folds(self, data: SearchData, folder: RunFolder, report: EventHandler, stop: StopToken) -> None:
        """Trains the folds, but no model on all of them."""
        if folder.is_done:
            return
        job = self.job(data, folder, self.checked(data), data.of_trials, report)
        with folder.locked(), terminated_as_interrupted(), recorded_state(folder):
            folds = cross_validate(replace(job, stop=stop))
            folder.write_json("evaluation.json", {"epochs": sum(folds.epochs), "folds": folds.results})

    def checked(self, data: SearchData, repeat: int = 1) -> CheckedSpec:
        """Its spec, with its document as text; the rules have accepted its candidate before."""
        plan, candidate = data.plan, Candidate({}, self.values)
        check = plan.trial(candidate, self.number, repeat)
        document = copy(check.document)
        document.text = plan.text(candidate, self.number, self.heading, repeat)
        check.document = document
        return check.valid_for("build")


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
        import_backend(plan.shared.spec)
        checked = trial.checked(data)
        if plan.folds:
            execute(trial.job(data, folder, checked, data.of_trials, ignore), cross_validate)
        else:
            joined = read_data(replace(plan.run, checked=checked), joined=True)
            job = trial.job(data, folder, checked, replace(joined, sets={"train": joined.train}), ignore)
            execute(replace(job, folds=_as_one_fold(RunFolder(trial.path), job.stages)))


def _as_one_fold(folder: RunFolder, stages: Sequence[Fit]) -> Folds:
    """What a run says about the one that is trained on more samples."""
    results, threshold = folder.results(), folder.labels().threshold
    calibration = results.evaluation.get("calibration")
    return Folds(
        None,
        results.last_epochs(stages),
        threshold.value if threshold is not None else None,
        Scaling(calibration["temperature"], calibration.get("shift", 0.0)) if calibration is not None else None,
    )


class EvaluateTrial(NamedTuple):
    """The evaluation of the model in a run folder on the test set."""

    path: Path

    def run(self, data: SearchData, on_epoch: OnEpoch) -> SetEvaluation:
        """The results."""
        import_backend(data.plan.shared.spec)
        from seqspec.training.evaluation.evaluate import evaluate_sets

        folder = RunFolder(self.path)
        run = Run(folder, allowed=data.plan.run.permissions.modules)
        model = run.best_model if run.uses_best() else run.model
        sets = {"test": data.sets.sets["test"]}
        return evaluate_sets(model, sets, folder.labels(), BATCH_SIZE, data.sets.baseline())["test"]


def _collect_warnings(warnings: list[str], handler: EventHandler) -> EventHandler:
    """A handler that also collects warnings."""

    def report(event: Event) -> None:
        if isinstance(event, WarningEvent):
            warnings.append(event.message)
        handler(event)

    return report


def _at_epochs(on_epoch: OnEpoch, stop: StopToken) -> EventHandler:
    """A handler that stops a run after an epoch."""

    def report(event: Event) -> None:
        if isinstance(event, EpochEvent):
            stop.reason = on_epoch(event.record["epoch"], event.record["logs"])

    return report


def _at_folds(plan: SearchPlan, on_epoch: OnEpoch, stop: StopToken) -> EventHandler:
    """A handler that stops a cross-validation after a fold."""

    def report(event: Event) -> None:
        if isinstance(event, FoldEvent):
            stop.reason = on_epoch(event.fold, logs_at(plan, RunFolder(Path(event.folder))))

    return report
