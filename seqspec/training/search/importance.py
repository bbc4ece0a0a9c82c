"""The importance of parameters for reaching the best trials."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import optuna
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.trial import create_trial

from seqspec.training.search.results import SearchResult

MIN_TRIALS = 20


def parameter_importance(result: SearchResult) -> Mapping[str, float]:
    """The share of each parameter, the most important first, in what the best tenth of the trials has in common.

    It is that of PED-ANOVA, for the first objective; empty with fewer than 20 trials that are done.
    """
    done = [trial for trial in result.study.trials if trial.values is not None]
    if len(done) < MIN_TRIALS:
        return {}
    study = optuna.create_study(direction="maximize" if result.directions[0] else "minimize")
    study.add_trials([
        create_trial(value=trial.values[0], params=trial.params, distributions=trial.distributions) for trial in done
    ])  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = optuna.importance.get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
        except (RuntimeError, ValueError):
            # All values are equal, or no parameter is in all trials.
            return {}
    return {name: share for name, share in found.items() if share == share}
