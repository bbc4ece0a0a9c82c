"""The coordinator of a search: proposes and checks candidates, has trials trained within budgets, records results."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import count
from math import nan
from typing import NamedTuple

from seqspec.core.api.check import Check
from seqspec.core.api.messages import counted
from seqspec.core.api.search import (
    Candidate,
    Checked,
    Scalar,
    SkipReason,
    candidate,
    drawn,
    enumerated,
    first_trials,
    parameters,
)
from seqspec.core.api.spec import Fit
from seqspec.training.errors import ResumeError, RunError, SearchError, StopReason
from seqspec.training.events import EndedTrial, EventHandler, TrialEpochEvent, TrialEvent, WarningEvent
from seqspec.training.run_folder.files import DONE, FAILED, PRUNED, RUNNING
from seqspec.training.search.jobs import TrainTrial, is_trained, logs_at, measured, runs_of
from seqspec.training.search.plan import SearchPlan
from seqspec.training.search.pruning import FoldPruner, TrialPruner, warmup_epochs
from seqspec.training.search.results import Trial, ranked, trained_epochs, trials_of
from seqspec.training.search.search_folder import SearchFolder, SearchInfo
from seqspec.training.search.study import TrialStudy
from seqspec.training.search.workers import OUT_OF_MEMORY, JobEnd, Workers, is_out_of_memory


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


_MOST_REJECTED = 1000
"""Candidates in a row that are not trained, after which the search ends."""
_DRAWN_AFTER = 50
"""Candidates in a row that are not trained, after which they are drawn instead of proposed."""
_MOST_IN_GRID = 100_000
_ATTEMPTS = 3
"""How often a trial whose worker was killed is started."""
_FAILURES = 5
"""Trials at the beginning that all fail for one reason, after which the search ends."""
_RECALLED = 200
"""The last rejected candidates, which are reported to the sampler when a search is resumed."""


class Coordinator:
    """Runs a search in its folder, from the beginning or where it was interrupted.

    Args:
        plan: What all trials share.
        folder: The folder.
        workers: What trains the trials.
        report: Receives the events.
    """

    def __init__(self, plan: SearchPlan, folder: SearchFolder, workers: Workers, report: EventHandler) -> None:
        self.plan, self.folder, self.report, self.workers = plan, folder, report, workers
        self.search = plan.search
        directions = [goal.direction for goal in plan.goals]
        self.study = TrialStudy(folder.journal, self.search.space, self.search.sampler, directions, plan.seed)
        rejected: list[Mapping[str, Scalar]] = [line["values"] for line in folder.rejected()]
        for values in rejected[-_RECALLED:]:
            self.study.recall_rejected(values)
        self.info: SearchInfo = folder.info
        self.trials = {trial.number: trial for trial in trials_of(folder)}
        self._interrupted = [trial for trial in self.trials.values() if trial.state == RUNNING]
        tried = {frozenset(values.items()) for values in (*rejected, *(each.chosen for each in self.trials.values()))}
        first = self._first_candidates()
        self._first = [chosen for chosen in first if not any(each.issuperset(chosen.items()) for each in tried)]
        self._generator = random.Random(f"{plan.seed}:{len(self.trials)}")
        self._grid = self._grid_candidates(tried) if self.search.sampler.type == "grid" else None
        self._attempts: Counter[int] = Counter()
        self._warned: set[str] = set()
        self._taken = sum(trial.taken is not None for trial in self.trials.values())
        """The trials of another search, with which it began."""
        self._begun, self._spent = time.monotonic(), self.info["seconds"]
        metrics = [goal for goal in plan.goals if not goal.is_static]
        self._metric = metrics[0] if metrics else None
        is_max = self._metric is not None and self._metric.is_max
        self.pruner = FoldPruner(self.search.pruner, is_max) if plan.folds else TrialPruner(self.search.pruner, is_max)
        failed = (trial for trial in self.trials.values() if is_out_of_memory(trial.error))
        self._memory = min((each for trial in failed if (each := _affordable(trial)) is not None), default=None)
        for trial in self.trials.values():
            self._recall(trial)

    @property
    def ended(self) -> int:
        """How many of its trials have ended."""
        return sum(trial.state != RUNNING for trial in self.trials.values()) - self._taken

    def _first_candidates(self) -> list[dict[str, Scalar]]:
        """What is chosen in the candidates that are tried first; says why the document is not one of them."""
        found = []
        for trial in first_trials(self.plan.checker.values, self.search.start):
            if not trial.mismatches:
                found.append(trial.chosen)
            elif not self.trials:
                # A search that is resumed has reported it.
                why = "; ".join(f"{'.'.join(map(str, each.path))}: {each.reason}" for each in trial.mismatches)
                self.report(WarningEvent(f"the document is not the first trial: {why}"))
        return found

    def run(self) -> None:
        """Trains trials until the search ends.

        Raises:
            KeyboardInterrupt: After Ctrl-C or SIGTERM; the search can be resumed.
            SearchError: No candidate can be trained, or all of the first trials failed for one reason.
        """
        # Where the process was killed, some may be left.
        self._keep_models(self.trials, self._order())
        try:
            self._loop()
        finally:
            self._write()

    def _loop(self) -> None:
        exhausted = False
        while True:
            while self.workers.free > 0 and not exhausted:
                trial = self._next()
                if trial is None:
                    exhausted = True
                elif (trial.folder.path / "run.json").is_file() and trial.folder.info()["state"] == PRUNED:
                    # The process was killed before it was recorded.
                    self._end(JobEnd(trial.number, stopped=True))
                else:
                    self._launch(trial)
            if not self.workers.busy:
                return
            for ended in self.workers.ended(self._ends):
                self._end(ended)
                exhausted = False

    def _next(self) -> Trial | None:
        """The next trial: one that was interrupted, else a new one; None where none may start."""
        if self._interrupted:
            return self._interrupted.pop(0)
        if begun(self.trials.values()) >= self.search.trials:
            self.info["ended"] = None
            return None
        reason = exceeded(self.plan, self.trials.values(), self._seconds())
        self.info["ended"] = None if reason is None else str(reason)
        return self._new() if self.info["ended"] is None else None

    def _seconds(self) -> float:
        return self._spent + time.monotonic() - self._begun

    def _new(self) -> Trial | None:
        """A new trial with a candidate that can be trained; None where the space has no further one."""
        number = len(self.trials) + 1
        known = {trial.digest: trial for trial in self.trials.values()}
        for attempt in count():
            if attempt >= _MOST_REJECTED and self._grid is None:
                break
            found = self._proposed(attempt)
            if found is None:
                self.info["ended"] = "the grid has no further candidates"
                return None
            place, proposed = found
            checked = self._affordable(self.plan.checker.checked(proposed))
            if (reason := checked.reason) is not None:
                self.study.reject(place)
                self.info["rejected"][reason.rule] = self.info["rejected"].get(reason.rule, 0) + 1
                self.folder.reject(
                    {
                        "values": dict(proposed.chosen),
                        "rule": reason.rule,
                        "name": reason.name,
                        "line": reason.line,
                        "trial": number,
                    }
                )
                continue
            check = self.plan.trial(proposed, number)
            digest = self.plan.digest(check)
            if digest in known:
                self.info["equal"] += 1
                self.study.repeat(place, known[digest].values)
                continue
            warmup, last = warmup_epochs(check, self.workers.facts.sizes["train"]), self._last_of(check)
            attributes = {
                "digest": digest,
                "sizes": dict(checked.sizes),
                "seed": self.plan.seed_of(number),
                "warmup": warmup,
                "last": last,
            }
            self.study.start(place, attributes)
            trial = Trial(number, RUNNING, proposed.chosen, None, checked.sizes, self.folder.trial(number), digest)
            self.trials[number] = trial
            self.pruner.begin(number, warmup, last)
            return trial
        if not self.trials:
            reasons = ", ".join(f"{rule} {count:,}" for rule, count in self.info["rejected"].items())
            raise SearchError(f"none of {_MOST_REJECTED:,} candidates can be trained: {reasons}")
        self.info["ended"] = f"no further candidate: the last {_MOST_REJECTED:,} are equal to earlier ones or rejected"
        return None

    def _last_of(self, check: Check) -> int | None:
        """The last epoch of a trial, or its last fold; None where the training is repeated after that epoch."""
        if self.plan.folds:
            return self.plan.folds
        return sum(stage.epochs for stage in check.spec.fit or [Fit()]) if self.search.repeats == 1 else None

    def _proposed(self, attempt: int) -> tuple[int, Candidate] | None:
        if self._first:
            return self.study.propose(self._first.pop(0))
        if self._grid is not None:
            following = next(self._grid, None)
            return None if following is None else self.study.propose(following)
        if attempt >= _DRAWN_AFTER:
            return self.study.propose(drawn(self.search.space, self._generator).chosen)
        return self.study.propose()

    def _grid_candidates(self, tried: Collection[frozenset[tuple[str, Scalar]]]) -> Iterator[Mapping[str, Scalar]]:
        names = frozenset(parameter.name for parameter in parameters(self.search.space))
        found = enumerated(self.search.space, names, _MOST_IN_GRID)
        if found is None:
            raise RunError(f"[search] sampler: a grid of more than {_MOST_IN_GRID:,} candidates; use another sampler")
        return (each.chosen for each in found if frozenset(each.chosen.items()) not in tried)

    def _affordable(self, checked: Checked) -> Checked:
        """A candidate, rejected if it needs as much memory as a trial that ran out of it."""
        memory = checked.sizes.get("memory")
        if checked.reason is not None or memory is None or self._memory is None or memory <= self._memory:
            return checked
        reason = SkipReason(
            "limits.memory", f"more than {self._memory:,}, since a trial ran out of memory", 0, "memory"
        )
        return checked._replace(reasons=[reason])

    def job(self, trial: Trial) -> TrainTrial:
        """The training of a trial."""
        found = candidate(self.search.space, lambda parameter: trial.chosen[parameter.name])
        heading = f"Trial {trial.number} of the search {self.folder.path.name}."
        return TrainTrial(trial.number, found.values, trial.folder.path.absolute(), heading)

    def _launch(self, trial: Trial) -> None:
        self._attempts[trial.number] += 1
        self.workers.start(trial.number, self.job(trial))

    def _recall(self, trial: Trial) -> None:
        """Records the epochs, or the folds, that a trial has trained."""
        warmup, last = (self.study.attribute(trial.number, name) for name in ("warmup", "last"))
        self.pruner.begin(
            trial.number, warmup if isinstance(warmup, int) else 0, last if isinstance(last, int) else None
        )
        if self.plan.folds:
            for fold, folder in enumerate(runs_of(self.plan, trial.folder), 1):
                if folder.is_done:
                    self._record(trial.number, fold, logs_at(self.plan, folder))
            return
        for epoch in trial.folder.history():
            self._record(trial.number, epoch["epoch"], epoch["logs"])

    def _record(self, number: int, epoch: int, logs: Mapping[str, float]) -> None:
        if self._metric is not None:
            # Epochs without validation (`validation_freq`) have no value.
            self.pruner.record(number, logs.get(self._metric.metric, nan), epoch)

    def _ends(self, number: int, epoch: int, logs: Mapping[str, float]) -> StopReason | None:
        """Why a trial ends early after an epoch; None where it goes on."""
        self._record(number, epoch, logs)
        self.report(TrialEpochEvent(number, epoch, logs))
        return "pruned" if self._metric is not None and self.pruner.ends(number, epoch) else None

    def _end(self, ended: JobEnd) -> None:
        """Records the end of a trial, and keeps the models of the best."""
        trial = self.trials[ended.key]
        if ended.killed == 0:
            # It had no machine to start on.
            self._attempts[trial.number] -= 1
        has_attempts = self._attempts[trial.number] < _ATTEMPTS
        if ended.killed is not None and has_attempts and not is_trained(self.plan, trial.folder):
            # It continues from its last checkpoint.
            self._interrupted.append(trial)
            return
        self._warn(trial.number, ended.result)
        before = self._order()
        if ended.stopped:
            value, epochs = self.pruner.best_of(trial.number)
            self.study.pruned(trial.number, value, epochs)
            trial = trial._replace(state=PRUNED)
        else:
            trial = self._finished(trial, ended)
        self.trials[trial.number] = trial
        order = self._order()
        self._keep_models({each.number for each in (*before[: self.search.keep], trial)}, order)
        self._write()
        row = trial.row([goal.metric for goal in self.plan.goals])
        is_best = order[:1] == [trial] and before[:1] != [trial]
        record: EndedTrial = {"trial": row, "error": trial.error, "best": is_best}
        if trial.errors is not None:
            record["standard_errors"] = trial.errors
        self.report(TrialEvent(record))
        self._require_success()

    def _warn(self, number: int, warnings: object) -> None:
        """Reports the warnings of a trial, each text once."""
        for message in warnings if isinstance(warnings, list) else ():
            if message not in self._warned:
                self._warned.add(message)
                self.report(WarningEvent(f"trial {number}: {message}"))

    def _keep_models(self, numbers: Collection[int], order: Sequence[Trial]) -> None:
        """Deletes the models of those of some trials that are not among the best, or not at work."""
        kept = {each.number for each in order[: self.search.keep]}
        for number in numbers:
            if number not in kept and self.trials[number].state != RUNNING:
                self.folder.remove_models(number)

    def _finished(self, trial: Trial, ended: JobEnd) -> Trial:
        error = ended.error
        if ended.killed is not None:
            times = counted(_ATTEMPTS, "time")
            error = f"its process was killed {times} (signal {ended.killed}), perhaps {OUT_OF_MEMORY}"
        if is_trained(self.plan, trial.folder):
            found = measured(self.plan, trial.folder, trial.sizes)
            if found is not None:
                self.study.done(trial.number, found.values, found.errors)
                return trial._replace(state=DONE, values=found.values, errors=found.errors)
            error = "an objective is not a finite number"
        assert error is not None
        memory = _affordable(trial)
        if is_out_of_memory(error) and memory is not None:
            self._memory = min(memory, self._memory or memory)
        self.study.failed(trial.number, error)
        return trial._replace(state=FAILED, error=error)

    def _order(self) -> list[Trial]:
        return ranked(list(self.trials.values()), [goal.is_max for goal in self.plan.goals])

    def _require_success(self) -> None:
        """Raises `SearchError` if all of the first trials failed for one reason."""
        ended = [trial for trial in self.trials.values() if trial.state != RUNNING]
        reasons = {_reason_of(each) for each in ended}
        if len(ended) == _FAILURES and len(reasons) == 1 and None not in reasons:
            raise SearchError(f"the first {_FAILURES} trials failed: {ended[0].error}")

    def _write(self) -> None:
        order = self._order()
        # `seqspec evaluate` may have evaluated a trial meanwhile.
        self.info["tested"] = self.folder.info["tested"]
        self.info["seconds"] = round(self._seconds(), 1)
        self.info["best"] = order[0].number if order else None
        self.folder.write_info(self.info)


def _reason_of(trial: Trial) -> str | None:
    """Why a trial failed that others would fail for too, without numbers, as those of folders; None otherwise."""
    if trial.error is None or (is_out_of_memory(trial.error) and _affordable(trial) is not None):
        # Smaller candidates may have enough memory.
        return None
    return re.sub(r"\d+", "0", trial.error)


def _affordable(trial: Trial) -> int | None:
    """The memory that a trial may need after this one ran out of it: 90 % of its estimate."""
    memory = trial.sizes.get("memory")
    return None if memory is None else int(memory * 0.9)
