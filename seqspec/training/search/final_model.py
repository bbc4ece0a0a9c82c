"""The end of a search: the best trial is trained on more samples where the spec says so, and evaluated on the test
set.
"""

from __future__ import annotations

from typing import cast

from seqspec.training.errors import SearchError
from seqspec.training.events import EventHandler, RetrainedEvent, TestedEvent, WarningEvent
from seqspec.training.records import SetEvaluation
from seqspec.training.search.jobs import EvaluateTrial, Job, RetrainTrial, TrainTrial
from seqspec.training.search.plan import SearchPlan
from seqspec.training.search.search_folder import SearchFolder
from seqspec.training.search.workers import Workers


class FinalModel:
    """The model of the best trial.

    Args:
        plan: What all trials share.
        folder: The folder of the search.
        workers: What trains and evaluates.
        report: Receives the events.
    """

    def __init__(self, plan: SearchPlan, folder: SearchFolder, workers: Workers, report: EventHandler) -> None:
        self._plan, self._folder, self._workers, self._report = plan, folder, workers, report

    def evaluate(self, best: TrainTrial) -> None:
        """Trains and evaluates it, unless that was done before; raises `SearchError` where that fails."""
        final = self._plan.final
        if final == "none":
            return
        model = self._folder.trial(best.number)
        if final == "retrain":
            if not self._plan.folds:
                model = self._folder.retrained(best.number)
            self._do(RetrainTrial(best, model.path.absolute()), "trained on training and validation set")
            self._report(RetrainedEvent(best.number, str(model.path), len(model.history())))
        if "test" not in self._workers.facts.sizes:
            self._report(TestedEvent(best.number, None, 0))
            return
        tested = self._folder.test
        if tested is None or tested["trial"] != best.number:
            result = self._do(EvaluateTrial(model.path.absolute()), "evaluated on the test set")
            tested = {"trial": best.number, "result": cast(SetEvaluation, result)}
            count = self._folder.add_test(tested)
            if count > 1:
                self._report(WarningEvent(self._folder.test_warning(count)))
        self._report(TestedEvent(best.number, tested["result"], len(self._folder.info["tested"])))

    def _do(self, job: Job, what: str) -> object:
        self._workers.start(0, job)
        (ended,) = self._workers.ended(lambda key, epoch, logs: None)
        if ended.error is not None:
            raise SearchError(f"the best trial could not be {what}: {ended.error}")
        return ended.result
