"""Cross-validation: a run per fold in the folder of the run."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from statistics import median
from typing import NamedTuple

from seqspec.core.api.data import TimeKFoldSplit
from seqspec.training.errors import Interrupted, Stopped, TrainingError
from seqspec.training.execution.execute import execute, partial_job
from seqspec.training.job import Start, TrainingJob
from seqspec.training.planning.checks import read_data
from seqspec.training.planning.folds import Folds, fold_results, left_out
from seqspec.training.planning.plan import FoldRun
from seqspec.training.records import EventHandler, RunResults, Scaling
from seqspec.training.run_folder.folder import FOLDS, RunFolder


def cross_validate(job: TrainingJob) -> Folds:
    """Trains the folds that are not done; raises what training a run raises."""
    spec = job.spec
    assert spec.data.split is not None
    split, sets = spec.data.split, {name: len(each) for name, each in job.data.sets.items()}
    plan = {"folds": split.folds, "repeats": split.count // split.folds, "sets": sets}
    job.report("cross_validation", {**plan, "folder": str(job.folder.path)})
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
    job.report("folds", results)
    job.report("final", {"epochs": sum(folds.epochs), "samples": sets["train"]})
    for name in dict.fromkeys(name for stage in job.stages for name in left_out(stage)):
        text = f"{name} monitors validation data, which the final model has none of: it is trained without {name}"
        job.report("warning", {"message": text})
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
    found = {"fold": number, "folds": count, "folder": str(folder.path), "epoch": results.epoch}
    job.report("fold", {**found, "metrics": results.evaluation["validation"]["metrics"]})
    job.stop.check()
    return _FoldRun(results, labels.threshold.value if labels.threshold is not None else None)


def _job_of(job: TrainingJob, folder: RunFolder, number: int, report: EventHandler) -> TrainingJob:
    """The training of a fold, from the beginning or from its last checkpoint."""
    plan = job.plan.derive(FoldRun(number))
    data = read_data(plan, check_leakage=False, scratch=str(job.folder.path))
    return partial_job(TrainingJob(folder, plan, data, Start(job.start.weights), job.strategy, report, stop=job.stop))


def _events(report: EventHandler, number: int, count: int) -> EventHandler:
    """Passes on the warnings and epochs of a fold."""

    def forward(event: str, fields: Mapping[str, object]) -> None:
        if event == "warning":
            report(event, {**fields, "message": f"fold {number}: {fields['message']}"})
        elif event in ("epoch_begin", "epoch"):
            report(f"fold_{event}", {**fields, "fold": number, "folds": count})

    return forward
