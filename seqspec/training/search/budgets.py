"""The budgets of a search: when no further trial starts, and whether a search that is done can go on."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from seqspec.core.diagnostics.message import counted
from seqspec.training.errors import ResumeError
from seqspec.training.run_folder.files import DONE, RUNNING
from seqspec.training.search.plan import SearchPlan
from seqspec.training.search.results import Trial, ranked, trained_epochs, trials_of
from seqspec.training.search.search_folder import SearchFolder


class Exceeded(NamedTuple):
    """The key of `[search]` after which no trial may start, such as `time` or `stop.value`, and what it says."""

    key: str
    statement: str

    def __str__(self) -> str:
        return f"{self.key}: {self.statement}"


def begun(trials: Collection[Trial]) -> int:
    """How many trials a search has begun itself: without those that it took over."""
    return sum(trial.taken is None for trial in trials)


def exceeded(plan: SearchPlan, trials: Collection[Trial], seconds: float) -> Exceeded | None:
    """The budget or the condition of `stop` after which no trial may start; None if one may."""
    search = plan.search
    if search.time is not None and seconds >= search.time:
        return Exceeded("time", f"{search.time:g} s are over")
    # The histories of all trials are read only where they are limited.
    if search.epochs is not None and (epochs := trained_epochs(trials)) >= search.epochs:
        return Exceeded("epochs", f"{epochs:,} of {search.epochs:,} are trained")
    order = ranked(list(trials), [goal.is_max for goal in plan.goals])
    if search.stop is None or not order or order[0].values is None:
        return None
    best, first = order[0].values[0], plan.goals[0]
    enough = search.stop.value
    if enough is not None and (best >= enough if first.is_max else best <= enough):
        statement = f"{first.metric} of trial {order[0].number} is {best:.4g}, and {enough:g} is enough"
        return Exceeded("stop.value", statement)
    ended = sum(trial.state != RUNNING and trial.number > order[0].number for trial in trials)
    if search.stop.patience is None or ended < search.stop.patience:
        return None
    return Exceeded("stop.patience", f"{counted(ended, 'trial')} without a better one than trial {order[0].number}")


def require_budget(plan: SearchPlan, folder: SearchFolder) -> None:
    """Raises `ResumeError` for a search that is done and could start no trial."""
    info, trials = folder.info, trials_of(folder)
    if info["state"] != DONE:
        # Its end is missing.
        return
    left = plan.search.trials - begun(trials)
    if left <= 0:
        raise ResumeError(f"{folder.path} is done: add trials, --trials N or trials=N in Python")
    reason = exceeded(plan, trials, info["seconds"])
    if reason is None:
        return
    change, used = f"change {reason.key} in [search] of the document", ""
    if reason.key == "time":
        used = f", {info['seconds']:g} s were used"
        change = "set a longer time for all starts together, --time DURATION or time in [search]"
    raise ResumeError(
        f"cannot resume {folder.path}: {reason}{used}, and {left:,} of {plan.search.trials:,} trials are left: {change}"
    )
