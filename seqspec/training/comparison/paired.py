"""Paired differences of runs: their metrics on the same samples of the same test set. No Keras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import numpy as np

from seqspec.core.document.outputs import DEFAULT_LEVEL
from seqspec.training.errors import RunError
from seqspec.training.evaluation.intervals import SampleScores, paired_differences
from seqspec.training.evaluation.metric_names import is_higher_better
from seqspec.training.records import Intervals, held_out_sets
from seqspec.training.run import Run


class Difference(TypedDict):
    """A run compared with another one, `against`, on the same samples.

    `metrics` are the differences, run minus the other, with their intervals; `values` are those of all metrics, also
    without an interval, for the reason in `no_intervals`. `reason` says why there are no differences. `left_out` counts
    the windows of series that only one of them has.
    """

    run: str
    against: str
    on: str | None
    samples: int
    left_out: int
    values: dict[str, float]
    metrics: Intervals
    no_intervals: str | None
    reason: str | None


def differences_of(runs: Sequence[Run]) -> list[Difference]:
    """Each run compared with the first one."""
    return [_difference(runs[0], run) for run in runs[1:]]


def _difference(one: Run, other: Run) -> Difference:
    on = next((name for name in held_out_sets(one.evaluation) if name in held_out_sets(other.evaluation)), None)
    difference: Difference = {
        "run": other.path.name, "against": one.path.name, "on": on, "samples": 0, "left_out": 0, "values": {},
        "metrics": {}, "no_intervals": None, "reason": None,
    }  # fmt: skip
    if on is None:
        difference["reason"] = "they have no results on a common set"
        return difference
    try:
        own, others = _scores(one, on), _scores(other, on)
    except RunError as error:
        difference["reason"] = str(error)
        return difference
    difference["reason"] = _other_files(one, other, on)
    if difference["reason"] is None:
        own, others, difference["left_out"] = _common(own, others)
        difference["reason"] = _other_samples(own, others, on)
    if difference["reason"] is None:
        level = one.spec.get("report", {}).get("interval", DEFAULT_LEVEL)
        whole = held_out_sets(one.evaluation)[on]["samples"]
        difference["samples"] = len(own.arrays["truth"]) if difference["left_out"] else whole
        difference["values"], difference["metrics"] = paired_differences(own, others, level)
        if not own.units.enough:
            difference["no_intervals"] = own.units.too_few()
    return difference


def _common(one: SampleScores, other: SampleScores) -> tuple[SampleScores, SampleScores, int]:
    """The results of the windows of a series that both have, and how many only one of them has.

    Inputs that are known for the future, or empty in some rows, cost one of them some windows.
    """
    if "window" not in one.arrays or "window" not in other.arrays:
        return one, other, 0
    windows = [scores.arrays["window"] for scores in (one, other)]
    is_common = [np.isin(windows[0], windows[1]), np.isin(windows[1], windows[0])]
    left_out = sum(int((~each).sum()) for each in is_common)
    if not left_out or not is_common[0].any():
        return one, other, 0
    own, others = (scores.taken(np.flatnonzero(each)) for scores, each in zip((one, other), is_common))
    # A block begins with the first window of a set, which the other one may not have.
    return own, SampleScores(own.units, others.arrays, others.classes), left_out


def _scores(run: Run, on: str) -> SampleScores:
    arrays = run._folder.scores(on)
    if not arrays:
        raise RunError(f"{run.path.name} has no results by sample of its {on} set")
    return SampleScores.read(arrays)


def _other_files(one: Run, other: Run, on: str) -> str | None:
    """Why the samples come from other places; None if they come from the same rows of the same files."""
    digests = [run.lock["digests"] for run in (one, other)]
    if digests[0]["files"] != digests[1]["files"] or digests[0]["data"] != digests[1]["data"]:
        return "they were trained on different data"
    rows = [run._folder.split_rows().get(on) for run in (one, other)]
    if rows[0] is None and rows[1] is None:
        return None
    if rows[0] is not None and rows[1] is not None and np.array_equal(rows[0], rows[1]):
        return None
    leave_out = any(finding.get("name") == "short-series" for run in (one, other) for finding in run._folder.findings())
    if leave_out and _needed_steps(one) != _needed_steps(other):
        return f"their {on} sets have different rows: other series are too short for a window and its horizon"
    return f"their {on} sets have different rows: use the same [data.split] with the same seed"


def _needed_steps(run: Run) -> list[int | None]:
    """The steps of a window and of its horizon."""
    source = run.spec["data"]["source"]
    return [source.get("window"), source.get("horizon")]


def _other_samples(one: SampleScores, other: SampleScores, on: str) -> str | None:
    """Why the results are not those of the same samples; None if they are."""
    own, others = one.arrays, other.arrays
    # Runs of older versions do not have the numbers of windows.
    same_arrays = own.keys() - {"window"} == others.keys() - {"window"}
    if not same_arrays or not np.array_equal(own["truth"], others["truth"], equal_nan=True):
        return f"the labels of their {on} sets differ"
    if one.units.kind != other.units.kind or not np.array_equal(one.units.of_rows, other.units.of_rows):
        return f"the groups of their {on} sets differ"
    return None


def verdict(name: str, low: float, high: float) -> str:
    """Whether the interval of a difference shows that a run is better."""
    if low <= 0 <= high:
        return "no difference shown"
    return "better" if (low > 0) == is_higher_better(name) else "worse"
