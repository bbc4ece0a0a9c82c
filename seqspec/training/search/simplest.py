"""The smallest trial that is within one standard error of the best."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

from seqspec.core.analysis.training.logs import VALIDATION
from seqspec.training.baseline_comparison import metric_interval
from seqspec.training.errors import RunError

if TYPE_CHECKING:
    from seqspec.training.search.results import Trial


class Simplest(NamedTuple):
    """A trial, the best one, the standard error of the first objective of the best, and what it is that of."""

    trial: Trial
    best: Trial
    error: float
    source: str


def simplest(best: Trial, trials: Sequence[Trial], metric: str, is_max: bool) -> Simplest:
    """The trial with the fewest parameters whose first objective is within one standard error of that of the best.

    The standard error is that over repeats or folds; without them, it follows from the interval of the metric on the
    validation set, which leaves out that the initial weights differ.

    Raises:
        RunError: No standard error is known, as that of a loss without repeats or folds.
    """
    error, source = _standard_error(best, metric)
    near = [each for each in trials if _is_near(each, best, error, is_max) and each.sizes.get("params") is not None]
    smallest = min(near, key=lambda each: each.sizes["params"] or 0, default=best)
    return Simplest(smallest, best, error, source)


def _standard_error(best: Trial, metric: str) -> tuple[float, str]:
    if best.errors is not None:
        return best.errors[0], "over its repeats or folds"
    name, validation = metric.removeprefix(VALIDATION), best.run.evaluation.get("validation")
    interval = None
    if name != metric and validation is not None and name in validation["metrics"]:
        interval = metric_interval(name, validation)
    if interval is None:
        raise RunError(
            f"no standard error of {metric} is known: set repeats or folds in [search], or an objective that has an "
            "interval, such as val_accuracy"
        )
    width = interval["high"] - interval["low"]
    error = width / 2 / NormalDist().inv_cdf(0.5 + interval["level"] / 2)
    return error, f"from its {interval['level']:.0%} interval on the validation set, without repeats or folds"


def _is_near(trial: Trial, best: Trial, error: float, is_max: bool) -> bool:
    assert trial.values is not None and best.values is not None
    worse = best.values[0] - trial.values[0] if is_max else trial.values[0] - best.values[0]
    return worse <= error
