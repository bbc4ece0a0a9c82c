"""Cross-validation: a run per fold in the folder of the run."""

from __future__ import annotations

from math import ceil
from statistics import median
from typing import NamedTuple

from seqspec.core.api.data import TimeKFoldSplit
from seqspec.training.errors import Interrupted, Stopped, TrainingError
from seqspec.training.events import (
    CrossValidationEvent,
    EpochBeginEvent,
    EpochEvent,
    Event,
    EventHandler,
    FinalEvent,
    FoldEpochBeginEvent,
    FoldEpochEvent,
    FoldEvent,
    FoldsEvent,
    WarningEvent,
)
from seqspec.training.execution.execute import execute, partial_job
from seqspec.training.job import Start, TrainingJob
from seqspec.training.planning.checks import read_data
from seqspec.training.planning.folds import Folds, fold_results, left_out
from seqspec.training.planning.plan import FoldRun
from seqspec.training.records import RunResults, Scaling
from seqspec.training.run_folder.folder import FOLDS, RunFolder


def cross_validate(job: TrainingJob) -> Folds:
    """Trains the folds that are not done; raises what training a run raises."""
    spec = job.spec
    assert spec.data.split is not None
    split, sets = spec.data.split, {name: len(each) for name, each in job.data.sets.items()}
    job.report(CrossValidationEvent(split.folds, split.count // split.folds, sets, str(job.folder.path)))
    runs = [_run_of(job, number, split.count) for number in range(1, split.count + 1)]
    level = spec.report.interval
    if isinstance(split, TimeKFoldSplit):
        # Later folds train on more samples: their results are not those of one model.
        level = 0.0
    results = fold_results([run.results for run in runs], split.folds, level)
    thresholds = [run.threshold for run in runs if run.threshold is not None]
    calibrations = [run.results.evaluation["calibration"] for run in runs if "calibration" in run.results.evaluation]
    scaling = None
    if calibrations:
        shift = median(calibration.get("shift", 0.0) for calibration in calibrations)
        scaling = Scaling(median(calibration["temperature"] for calibration in calibrations), shift)
    epochs = [ceil(median(last)) for last in zip(*(run.results.last_epochs(job.stages) for run in runs))]
    folds = Folds(results, epochs, median(thresholds) if thresholds else None, scaling, [run.results for run in runs])
    job.report(FoldsEvent(results))
    job.report(FinalEvent(sum(folds.epochs), sets["train"]))
    for name in dict.fromkeys(name for stage in job.stages for name in left_out(stage)):
        text = f"{name} monitors validation data, which the final model has none of: it is trained without {name}"
        job.report(WarningEvent(text))
    return folds


class _FoldRun(NamedTuple):
    """What the run of a fold has shown, and its threshold; the model would stay in memory."""

    results: RunResults
    threshold: float | None


def _run_of(job: TrainingJob, number: int, count: int) -> _FoldRun:
    """The run of a fold, trained unless it is done."""
    folder = RunFolder(job.folder.path / FOLDS / str(number))
    if folder.is_done:
        results, labels = folder.results(), folder.labels()
    else:
        try:
            evaluated = execute(_job_of(job, folder, number, _events(job.report, number, count)))
            assert evaluated is not None
            results, labels = evaluated.results, evaluated.data.labels
        except Interrupted:
            # The run is interrupted with its fold.
            raise Stopped("interrupted")
        except TrainingError as error:
            raise TrainingError(f"fold {number}: {error}", error.checkpoint)
    metrics = results.evaluation["validation"]["metrics"]
    job.report(FoldEvent(number, count, str(folder.path), results.epoch, metrics))
    job.stop.check()
    return _FoldRun(results, labels.threshold.value if labels.threshold is not None else None)


def _job_of(job: TrainingJob, folder: RunFolder, number: int, report: EventHandler) -> TrainingJob:
    """The training of a fold, from the beginning or from its last checkpoint."""
    plan = job.plan.derive(FoldRun(number))
    data = read_data(plan, check_leakage=False, scratch=str(job.folder.path))
    return partial_job(TrainingJob(folder, plan, data, Start(job.start.weights), job.strategy, report, stop=job.stop))


def _events(report: EventHandler, number: int, count: int) -> EventHandler:
    """Passes on the warnings and epochs of a fold."""

    def forward(event: Event) -> None:
        if isinstance(event, WarningEvent):
            report(WarningEvent(f"fold {number}: {event.message}"))
        elif isinstance(event, EpochBeginEvent):
            report(FoldEpochBeginEvent(event.epoch, event.epochs, event.steps, number, count))
        elif isinstance(event, EpochEvent):
            report(FoldEpochEvent({**event.record, "fold": number, "folds": count}))

    return forward
