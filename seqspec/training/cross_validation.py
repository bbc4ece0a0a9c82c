"""Cross-validation: a run per fold in the folder of the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import ceil
from statistics import median

from seqspec.core.document.folds import TimeKFoldSplit
from seqspec.core.document.outputs import DEFAULT_LEVEL
from seqspec.core.language.overrides import Override
from seqspec.training.checks import checked, read_data
from seqspec.training.errors import Interrupted, TrainingError
from seqspec.training.execute import execute, partial_job
from seqspec.training.folds import Folds, epoch_of, fold_results, left_out, used_epochs
from seqspec.training.job import RunOptions, Start, TrainingJob
from seqspec.training.placement import Placement
from seqspec.training.records import EventHandler, RunInfo, Scaling
from seqspec.training.run import Run
from seqspec.training.run_folder.files import RUNNING
from seqspec.training.run_folder.folder import FOLDS, RunFolder


def cross_validate(job: TrainingJob) -> Folds:
    """Trains the folds that are not done; raises what training a run raises."""
    spec = job.spec
    assert spec.data is not None and spec.data.split is not None
    split, sets = spec.data.split, {name: len(each) for name, each in job.data.sets.items()}
    plan = {"folds": split.folds, "repeats": split.count // split.folds, "sets": sets}
    job.report("cross_validation", {**plan, "folder": str(job.folder.path)})
    runs = [_run_of(job, number, split.count) for number in range(1, split.count + 1)]
    report = spec.outputs.report if spec.outputs is not None else None
    level = DEFAULT_LEVEL if report is None else report.interval
    if isinstance(split, TimeKFoldSplit):
        # Later folds train on more samples: their results are not those of one model.
        level = 0.0
    used = [used_epochs(run, job.stages) for run in runs]
    thresholds = [each.value for run in runs if (each := run.folder.labels().threshold) is not None]
    found = [run.evaluation["calibration"] for run in runs if "calibration" in run.evaluation]
    scaling = None
    if found:
        shift = median(each.get("shift", 0.0) for each in found)
        scaling = Scaling(median(each["temperature"] for each in found), shift)
    epochs = [ceil(median(each)) for each in zip(*used)]
    folds = Folds(fold_results(runs, split.folds, level), epochs, median(thresholds) if thresholds else None, scaling)
    assert folds.results is not None
    job.report("folds", folds.results)
    job.report("final", {"epochs": sum(folds.epochs), "samples": sets["train"]})
    for name in dict.fromkeys(name for stage in job.stages for name in left_out(stage)):
        text = f"{name} monitors validation data, which the final model has none of: it is trained without {name}"
        job.report("warning", {"message": text})
    return folds


def _run_of(job: TrainingJob, number: int, count: int) -> Run:
    """The run of a fold, trained unless it is done."""
    folder = RunFolder(job.folder.path / FOLDS / str(number))
    if not folder.is_done:
        try:
            execute(_job_of(job, folder, number, _events(job.report, number, count)))
        except Interrupted:
            # The run is interrupted with its fold.
            raise KeyboardInterrupt
        except TrainingError as error:
            raise TrainingError(f"fold {number}: {error}", error.checkpoint)
    # Without the model, which would stay in memory.
    run = Run(folder)
    found = {"fold": number, "folds": count, "folder": str(folder.path), "epoch": epoch_of(run)}
    job.report("fold", {**found, "metrics": run.evaluation["validation"]["metrics"]})
    return run


def _job_of(job: TrainingJob, folder: RunFolder, number: int, report: EventHandler) -> TrainingJob:
    """The training of a fold, from the beginning or from its last checkpoint."""
    parent, known = job.folder.info(), job.inputs.analysis
    fold = Override.of(("data", "split", "fold"), number)
    has_data = job.inputs.arrays is not None
    analysis = checked(known.document, known=known.with_overrides(fold), has_data=has_data)
    inputs = replace(job.inputs, analysis=analysis)
    data = read_data(inputs, check_leakage=False, scratch=str(job.folder.path))
    info: RunInfo = {
        "state": RUNNING, "command": "train", "name": parent["name"], "started": parent["started"],
        "spec": parent["spec"], "base": parent["base"], "from": parent["from"],
        "python_data": parent["python_data"], "download": parent["download"], "no_report": True, "fold": number,
        "settings": [*parent.get("settings", ()), str(fold)], "vars": parent.get("vars", {}),
    }  # fmt: skip
    if "trial" in parent:
        # The model of a trial on all folds is not trained: its loggers receive the folds.
        info |= {"trial": parent["trial"], "loggers": parent.get("loggers", [])}
    placement = Placement(**job.folder.lock().get("placement", {}))
    options, start = RunOptions.of(info), Start(job.start.weights)
    fold_job = TrainingJob(folder, inputs, data, options, start, job.strategy, report)
    return partial_job(fold_job, info, placement)


def _events(report: EventHandler, number: int, count: int) -> EventHandler:
    """Passes on the warnings and epochs of a fold."""

    def forward(event: str, fields: Mapping[str, object]) -> None:
        if event == "warning":
            report(event, {**fields, "message": f"fold {number}: {fields['message']}"})
        elif event in ("epoch_begin", "epoch"):
            report(f"fold_{event}", {**fields, "fold": number, "folds": count})

    return forward
