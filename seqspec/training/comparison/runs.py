"""Runs beside each other: rows of `runs list`, columns of `runs compare` with paired differences, removal. No Keras."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypedDict, cast

import numpy as np

from seqspec.core.api.messages import suggest
from seqspec.core.api.spec import DEFAULT_LEVEL
from seqspec.training.errors import RunError, unwritten
from seqspec.training.evaluation.intervals import SampleScores, paired_differences
from seqspec.training.evaluation.metric_names import is_higher_better
from seqspec.training.records import Intervals, JsonObject, data_and_split, evaluated_sets, held_out_sets
from seqspec.training.run import Run
from seqspec.training.run_folder.files import DAMAGED
from seqspec.training.run_folder.folder import RUN_FILES, RunFolder
from seqspec.training.run_folder.names import runs_by_start


class RunDifference(TypedDict):
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


def differences_of(runs: Sequence[Run]) -> list[RunDifference]:
    """Each run compared with the first one."""
    return [_difference(runs[0], run) for run in runs[1:]]


def _difference(one: Run, other: Run) -> RunDifference:
    on = next((name for name in held_out_sets(one.evaluation) if name in held_out_sets(other.evaluation)), None)
    difference: RunDifference = {
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
    left_out = sum(int((~mask).sum()) for mask in is_common)
    if not left_out or not is_common[0].any():
        return one, other, 0
    own, others = (scores.taken(np.flatnonzero(mask)) for scores, mask in zip((one, other), is_common))
    # A block begins with the first window of a set, which the other one may not have.
    return own, SampleScores(own.units, others.arrays, others.classes), left_out


def _scores(run: Run, on: str) -> SampleScores:
    arrays = run.folder.scores(on)
    if not arrays:
        raise RunError(f"{run.path.name} has no results by sample of its {on} set")
    return SampleScores.read(arrays)


def _other_files(one: Run, other: Run, on: str) -> str | None:
    """Why the samples come from other places; None if they come from the same rows of the same files."""
    digests = [run.lock["digests"] for run in (one, other)]
    if digests[0]["files"] != digests[1]["files"] or digests[0]["data"] != digests[1]["data"]:
        return "they were trained on different data"
    rows = [run.folder.split_rows().get(on) for run in (one, other)]
    if rows[0] is None and rows[1] is None:
        return None
    if rows[0] is not None and rows[1] is not None and np.array_equal(rows[0], rows[1]):
        return None
    leave_out = any(finding.get("name") == "short-series" for run in (one, other) for finding in run.folder.findings())
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


_MEMBERS = ("name", "started", "state", "epochs")
"""What runs are sorted by besides metrics and settings."""


class RunRow(TypedDict):
    """A run in a list: `on` is the set that `metrics` are of; `error` says why a damaged run cannot be read."""

    name: str
    state: str
    started: str | None
    epochs: int
    on: str | None
    metrics: Mapping[str, float]
    error: str | None


class RunComparison(TypedDict):
    """Several runs by column; each list has a value per run, None where a run has none.

    `runs` are their names; `settings` are the keys of the spec whose values differ, `versions` the packages that do,
    `metrics` the results by set and metric; `data` is whether all were trained on the same data and split;
    `differences` compare each run with the first one, on the same samples.
    """

    runs: list[str]
    states: list[str]
    started: list[str]
    epochs: list[int]
    settings: dict[str, list[object]]
    versions: dict[str, list[object]]
    data: bool
    metrics: dict[str, list[float | None]]
    best: list[JsonObject | None]
    differences: list[RunDifference]


def run_rows(folder: Path, sort: str | None = None) -> list[RunRow]:
    """The runs of a folder, oldest first, or sorted by a metric of the test set (or of one that is named, as
    `validation.loss`), best first, or by name, started, state or epochs.

    Raises:
        RunError: No run has such a metric.
    """
    paths = [run.path for run in runs_by_start(folder)] if folder.is_dir() else []
    rows, values = [], []
    for path in paths:
        row, results = _row(path)
        rows.append(row)
        values.append({**cast(Mapping[str, object], row), **row["metrics"], **results})
    if sort is None:
        return rows
    known = dict.fromkeys(key for row in values for key, value in row.items() if isinstance(value, (int, float)))
    return [rows[index] for index in _order(values, sort, (*_MEMBERS, *known))]


def _row(path: Path) -> tuple[RunRow, dict[str, float]]:
    """The row of a run, and its metrics by set and metric."""
    try:
        run = Run(RunFolder.open(path))
        results = evaluated_sets(run.evaluation)
        on = next(iter(results), None)
        metrics = results[on]["metrics"] if on is not None else _fold_means(run)
        on = "folds" if on is None and metrics else on
        row: RunRow = {
            "name": path.name,
            "state": run.state,
            "started": run.info["started"],
            "epochs": len(run.folder.history()),
            "on": on,
            "metrics": metrics,
            "error": None,
        }
        return row, _metrics(run)
    except RunError as error:
        return {
            "name": path.name,
            "state": DAMAGED,
            "started": None,
            "epochs": 0,
            "on": None,
            "metrics": {},
            "error": str(error),
        }, {}


def _fold_means(run: Run) -> dict[str, float]:
    """The mean of each metric over the folds of a run; empty without folds."""
    folds = run.evaluation.get("folds")
    return {} if folds is None else {name: metric["mean"] for name, metric in folds["metrics"].items()}


def _metrics(run: Run) -> dict[str, float]:
    return {f"folds.{metric}": value for metric, value in _fold_means(run).items()} | {
        f"{name}.{metric}": value
        for name, result in evaluated_sets(run.evaluation).items()
        for metric, value in result["metrics"].items()
    }


def _order(values: Sequence[Mapping[str, object]], key: str, known: Sequence[str]) -> list[int]:
    """The indices of the values by one of their keys: of metrics the best first, and those without it last."""
    if key not in known:
        hint = suggest(key, known).label or f"the keys are {', '.join(known)}"
        raise RunError(f"cannot sort by {key}: {hint}")
    present = [index for index, row_values in enumerate(values) if row_values.get(key) is not None]
    numbers = all(isinstance(values[index][key], (int, float)) for index in present)

    sign = -1 if numbers and is_higher_better(key) else 1

    def rank(index: int) -> tuple[bool, object]:
        own = values[index][key]
        # NaN is worse than any number.
        return own != own, sign * cast(float, own) if numbers else str(own)

    return [*sorted(present, key=rank), *(index for index in range(len(values)) if index not in present)]


def compare_runs(runs: Sequence[Run], sort: str | None = None) -> RunComparison:
    """The settings that differ, and the results of each run; `sort` is a metric, such as `test.auc`, or a setting.

    Raises:
        RunError: A run folder is damaged, or no run has what it is sorted by.
    """
    if sort is not None:
        comparison = _comparison(runs)
        columns: dict[str, Sequence[object]] = {
            "name": comparison["runs"],
            "started": comparison["started"],
            "state": comparison["states"],
            "epochs": comparison["epochs"],
            **comparison["settings"],
            **comparison["metrics"],
        }
        values = [{key: column[index] for key, column in columns.items()} for index in range(len(runs))]
        runs = [runs[index] for index in _order(values, sort, list(columns))]
    return {**_comparison(runs), "differences": differences_of(runs)}


def _comparison(runs: Sequence[Run]) -> RunComparison:
    metrics, data = [*map(_metrics, runs)], [data_and_split(run.lock["digests"]) for run in runs]
    return {
        "runs": [run.path.name for run in runs],
        "states": [run.state for run in runs],
        "started": [run.info["started"] for run in runs],
        "epochs": [len(run.folder.history()) for run in runs],
        "settings": differing([run.spec for run in runs]),
        "versions": differing([run.lock["versions"] for run in runs]),
        "data": all(run_data == data[0] for run_data in data),
        "metrics": {
            name: [of_run.get(name) for of_run in metrics]
            for name in dict.fromkeys(key for of_run in metrics for key in of_run)
        },
        "best": [cast(JsonObject | None, run.evaluation.get("best")) for run in runs],
        "differences": [],
    }


def differing(trees: Sequence[Mapping[str, object]]) -> dict[str, list[object]]:
    """The values of each tree by path, where they are not all equal."""
    paths = dict.fromkeys(path for tree in trees[1:] for path in _different_paths(trees[0], tree))
    return {_path_text(path): [_value_at(tree, path) for tree in trees] for path in paths}


def differences(one: Mapping[str, object], other: Mapping[str, object]) -> list[str]:
    """The paths at which two trees differ."""
    return [_path_text(path) for path in _different_paths(one, other)]


def _different_paths(one: object, other: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in {**one, **other}:
            yield from _different_paths(one.get(key), other.get(key), (*path, str(key)))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (first, second) in enumerate(zip(one, other)):
            yield from _different_paths(first, second, (*path, index))
    elif one != other:
        yield path


def _path_text(path: Sequence[str | int]) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")


def _value_at(tree: object, path: Sequence[str | int]) -> object:
    for key in path:
        if isinstance(tree, Mapping):
            tree = tree.get(key)
        elif isinstance(tree, list) and isinstance(key, int) and key < len(tree):
            tree = tree[key]
        else:
            return None
    return tree


def require_removable(run: Run) -> None:
    """Raises `RunError` for a run that a process works on, or whose folder has files that no run has written."""
    from seqspec.training.loggers.group import files_of

    if (run.path / ".lock").exists() and run.folder.in_use():
        raise RunError(f"{run.path} is in use by another process, which has to end first")
    known = RUN_FILES | files_of(_loggers(run))
    strange = sorted(entry.name for entry in run.path.iterdir() if entry.name not in known and entry.name[0] != ".")
    if strange:
        raise RunError(f"{run.path} holds files of your own: {', '.join(strange[:5])}")


def _loggers(run: Run) -> list[str]:
    """The loggers in run.json; a damaged run can be deleted too."""
    try:
        info = run.folder.read_json("run.json")
    except RunError:
        return []
    names = info.get("loggers") if isinstance(info, dict) else None
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def remove(run: Run) -> None:
    """Deletes a run folder; raises `RunError` as `require_removable` does, and if a file cannot be deleted."""
    require_removable(run)
    try:
        shutil.rmtree(run.path)
    except OSError as error:
        raise unwritten(run.path, error)
