"""Folds of cross-validation: their results, and the stages of the final model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from pathlib import Path
from statistics import mean

import numpy as np

from seqspec.core.analysis.training.logs import VALIDATION
from seqspec.core.document.training_tables import Fit
from seqspec.training.evaluation.metric_names import is_higher_better
from seqspec.training.records import Evaluation, FoldMetric, FoldResults, Scaling
from seqspec.training.run import Run
from seqspec.training.run_folder.folder import FOLDS, RunFolder


@dataclass(frozen=True)
class Folds:
    """What the folds say about the final model.

    Attributes:
        results: Their metrics; None where it is not cross-validation that says it.
        epochs: The epochs of each stage of the final model: the medians of those that the weights of the folds have.
        threshold: The median of their thresholds; None without.
        scaling: The medians of their temperatures and shifts; None without.
    """

    results: FoldResults | None
    epochs: Sequence[int]
    threshold: float | None = None
    scaling: Scaling | None = None


def used_epoch(evaluation: Evaluation) -> int | None:
    """The epoch whose weights the evaluated model has, of all stages, from 1; None for the last one."""
    if evaluation.get("model") == "best" and (best := evaluation["best"]["epoch"]) is not None:
        return int(best)
    return evaluation.get("restored")


def epoch_of(run: Run) -> int:
    """The epoch whose weights the model of a run has that was evaluated; of all stages, from 1."""
    evaluation = run.evaluation
    return used_epoch(evaluation) or evaluation["epochs"]


def used_epochs(run: Run, stages: Sequence[Fit]) -> list[int]:
    """The last epoch of each stage that those weights were trained in."""
    used, last = [stage.initial_epoch for stage in stages], epoch_of(run)
    for line in run.folder.history():
        if line["epoch"] <= last:
            used[line["stage"]] = line["stage_epoch"]
    return used


def fold_runs(run: Run) -> list[Run]:
    """The runs of the folds, where a run is cross-validated and they are all done."""
    names = run.evaluation["folds"]["runs"] if "folds" in run.evaluation else []
    return [Run(RunFolder(run.path / name)) for name in names]


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


def fold_results(runs: Sequence[Run], folds: int, level: float) -> FoldResults:
    results = [run.evaluation["validation"] for run in runs]
    sizes = [run.info["plan"]["sets"] for run in runs]
    ratio = mean(size["validation"] for size in sizes) / mean(size["train"] for size in sizes)
    names = dict.fromkeys(name for result in results for name in result["metrics"])
    found: FoldResults = {
        "folds": folds,
        "repeats": len(runs) // folds,
        "runs": [str(Path(FOLDS, run.path.name)) for run in runs],
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
