"""A trial: an ordinary run, trained from the beginning or from its last checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from seqspec.core.analysis.analyze import AnalysisResult
from seqspec.training.execute import execute, import_backend, partial_job
from seqspec.training.records import EventFields, RunInfo, SetEvaluation
from seqspec.training.run import Run
from seqspec.training.run_folder.files import RUNNING, now
from seqspec.training.run_folder.folder import RunFolder
from seqspec.training.search.plan import Plan

OnEpoch = Callable[[int, Mapping[str, float]], bool]
"""Receives the number and the logs of an epoch; returns whether the trial ends early."""


class TrialJob(NamedTuple):
    """A trial that is to be trained: its number, the check of its spec, and its run folder."""

    number: int
    analysis: AnalysisResult
    folder: RunFolder


def train_trial(plan: Plan, trial: TrialJob, on_epoch: OnEpoch) -> None:
    """Trains a trial whose run is not done; raises what training a run raises, `Interrupted` where it ends early."""
    folder, analysis, data = trial.folder, trial.analysis, plan.trial_data
    if folder.is_done:
        return
    import_backend(analysis)
    from seqspec.training.strategies.strategy import SingleDevice

    def report(event: str, fields: EventFields) -> None:
        if event == "epoch" and on_epoch(fields["epoch"], fields["logs"]):
            # The run can be resumed, as one that a user interrupts.
            raise KeyboardInterrupt

    seed, strategy = plan.seed_of(trial.number), SingleDevice()
    info = _info_of(plan, trial)
    job = partial_job(folder, analysis, data, seed, plan.allowed, info, strategy, report)
    job.access = plan.access
    execute(job)


def _info_of(plan: Plan, trial: TrialJob) -> RunInfo:
    return {
        "state": RUNNING, "command": "train", "name": trial.folder.path.name, "started": now(), "spec": None,
        "base": str(plan.base), "from": None, "python_data": False, "download": plan.download, "no_report": True,
        "trial": trial.number,
    }  # fmt: skip


def evaluate_on_test(plan: Plan, folder: RunFolder) -> SetEvaluation:
    """The results of the model of a trial on the test set."""
    import_backend(plan.analysis)
    from seqspec.training.evaluation import evaluate_sets
    from seqspec.training.placement import BATCH_SIZE

    run = Run(folder, allowed=plan.allowed)
    model = run.best_model if run.uses_best() else run.model
    sets = {"test": plan.data.sets["test"]}
    return evaluate_sets(model, sets, folder.labels(), BATCH_SIZE, plan.data.baseline())["test"]
