"""The objectives of a trial: those of its run, or the means over the runs of its folds or seeds."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, sqrt
from statistics import mean, stdev
from typing import NamedTuple

from seqspec.training.folds import epoch_of
from seqspec.training.run import Run
from seqspec.training.run_folder.folder import FOLDS, REPEATS, RunFolder
from seqspec.training.search.plan import SearchPlan


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
    run = Run(folder)
    epoch = epoch_of(run) if plan.search.at == "kept" else run.evaluation["epochs"]
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
