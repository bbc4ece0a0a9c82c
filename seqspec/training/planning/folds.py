"""Folds of cross-validation: their results, and the stages of the final model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from pathlib import Path
from statistics import mean

import numpy as np

from seqspec.core.api.spec import Fit
from seqspec.core.api.training import VALIDATION
from seqspec.training.evaluation.metric_names import is_higher_better
from seqspec.training.records import FoldMetric, FoldResults, RunResults, Scaling
from seqspec.training.run_folder.folder import FOLDS


@dataclass(frozen=True)
class Folds:
    """What the folds say about the final model.

    Attributes:
        results: Their metrics; None where it is not cross-validation that says it.
        epochs: The epochs of each stage of the final model: the medians of those that the weights of the folds have.
        threshold: The median of their thresholds; None without.
        scaling: The medians of their temperatures and shifts; None without.
        runs: What each of them has shown.
    """

    results: FoldResults | None
    epochs: Sequence[int]
    threshold: float | None = None
    scaling: Scaling | None = None
    runs: Sequence[RunResults] = ()


def final_stage(stage: Fit, epochs: int) -> Fit:
    """A stage of the final model, which has no validation data."""
    kept = [callback for callback in stage.callbacks or () if not _monitors_validation(callback)]
    changes = {"epochs": epochs, "validation_split": 0.0, **({"callbacks": kept} if stage.callbacks else {})}
    return stage.model_copy(update=changes)


def left_out(stage: Fit) -> list[str]:
    """The callbacks of a stage that the final model is trained without; EarlyStopping has chosen its epochs."""
    names = [type(callback).__name__ for callback in stage.callbacks or () if _monitors_validation(callback)]
    return [name for name in names if name != "EarlyStopping"]


def _monitors_validation(callback: object) -> bool:
    return str(getattr(callback, "monitor", "")).startswith(VALIDATION)


def fold_results(runs: Sequence[RunResults], folds: int, level: float) -> FoldResults:
    """The results of `folds` folds, of each repeat; `level` is that of intervals."""
    results = [run.evaluation["validation"] for run in runs]
    sizes = [run.sets for run in runs]
    ratio = mean(size["validation"] for size in sizes) / mean(size["train"] for size in sizes)
    names = dict.fromkeys(name for result in results for name in result["metrics"])
    found: FoldResults = {
        "folds": folds,
        "repeats": len(runs) // folds,
        "runs": [str(Path(FOLDS, str(number))) for number in range(1, len(runs) + 1)],
        "metrics": {
            name: fold_metric(name, [result["metrics"][name] for result in results], ratio, level) for name in names
        },
    }
    accuracies = [
        result["classes"]["baseline"]["accuracy"]
        for result in results
        if "classes" in result and "baseline" in result["classes"]
    ]
    errors = [
        result["residuals"]["baseline"]["median_mae"]
        for result in results
        if "residuals" in result and "median_mae" in result["residuals"].get("baseline", {})
    ]
    if accuracies or errors:
        key, values = ("accuracy", accuracies) if accuracies else ("mae", errors)
        found["baseline"] = {key: mean(values)}
    return found


def fold_metric(name: str, values: Sequence[float], ratio: float, level: float) -> FoldMetric:
    """Mean, standard deviation and confidence interval of a metric.

    Args:
        name: Its name.
        values: Its value in each fold.
        ratio: Validation samples per training sample.
        level: The confidence level; 0 for no interval.
    """
    with np.errstate(invalid="ignore"):
        center, sd = float(np.mean(values)), float(np.std(values, ddof=1))
    found: FoldMetric = {"values": list(values), "mean": center, "sd": sd}
    # A metric of a fold that diverged is not finite.
    if level and isfinite(sd):
        half = interval_half(sd, len(values), ratio, level)
        # No accuracy, AUC or R² is above 1, and no error below 0.
        most = 1.0 if is_higher_better(name) and max(values) <= 1 else inf
        least = 0.0 if min(values) >= 0 and "r2" not in name.lower() else -inf
        found = {**found, "low": max(least, center - half), "high": min(center + half, most), "level": level}
    return found


def interval_half(sd: float, count: int, ratio: float, level: float) -> float:
    """Half the width of the confidence interval of a mean over folds.

    It is the t interval of Nadeau and Bengio (2003), whose variance takes into account that folds share training
    samples: (1 / count + ratio) * sd ** 2.
    """
    from scipy.special import stdtrit

    return float(stdtrit(count - 1, 0.5 + level / 2)) * sd * sqrt(1 / count + ratio)
