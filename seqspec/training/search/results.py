"""The trials of a search and which are the best, as its folder has them, and searches beside each other."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from math import inf, isclose
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from seqspec.core.api.check import Check
from seqspec.core.api.diagnostics import MissingPackageError
from seqspec.core.api.search import STATIC_OBJECTIVES, Scalar
from seqspec.core.api.training import VALIDATION
from seqspec.training.comparison.baselines import metric_interval
from seqspec.training.comparison.runs import differing
from seqspec.training.errors import RunError
from seqspec.training.records import JsonObject, SetEvaluation, data_and_split
from seqspec.training.run import Run
from seqspec.training.run_folder.files import DONE, FAILED, INTERRUPTED, PRUNED, RUNNING
from seqspec.training.run_folder.folder import FOLDS, REPEATS, RunFolder
from seqspec.training.search.search_folder import SearchFolder
from seqspec.training.search.study import read_trials, study_of

if TYPE_CHECKING:
    from optuna.study import Study


_ROUNDING = 1e-6
"""The relative difference of objectives that float32 leaves in a mean."""
_STATES = {"RUNNING": RUNNING, "COMPLETE": DONE, "PRUNED": PRUNED, "FAIL": FAILED, "WAITING": RUNNING}
"""The states of trials by those of Optuna."""


class Trial(NamedTuple):
    """A trial.

    Attributes:
        number: Its number, from 1, in the order of the start.
        state: `"running"`, `"interrupted"` in a search that does not run, `"done"`, `"pruned"` or `"failed"`.
        chosen: The values of its parameters by name.
        values: The objectives; None before the end, or where it ended early.
        sizes: Parameters, MACs and memory, as far as they are known.
        folder: Its run folder.
        digest: What it means, the seed left out.
        error: Why it failed.
        errors: The standard errors of the objectives, of a trial that was trained several times.
        taken: The search and the number that it was taken over from (`--from`); None if it was trained here.
    """

    number: int
    state: str
    chosen: Mapping[str, Scalar]
    values: Sequence[float] | None
    sizes: Mapping[str, int | None]
    folder: RunFolder
    digest: str
    error: str | None = None
    errors: Sequence[float] | None = None
    taken: str | None = None

    @property
    def run(self) -> Run:
        """Its run."""
        return Run(self.folder)

    @property
    def epochs(self) -> int:
        """The epochs that it has trained; those of the training on all folds at the end do not count."""
        first, *further = parts_of(self.folder)
        is_folded = any(each.path.parent.name == FOLDS for each in further)
        return sum(len(each.history()) for each in (further if is_folded else [first, *further]))

    @property
    def seconds(self) -> float:
        """The time that it took."""
        repeats = (each for each in parts_of(self.folder) if each.path.parent.name != FOLDS)
        return sum(seconds_of(repeat) for repeat in repeats)

    def curve(self, metric: str) -> list[tuple[int, float]]:
        """The epochs and values of a logged metric; of several runs, in the first one."""
        history = next((found for each in parts_of(self.folder) if (found := each.history())), [])
        return [(line["epoch"], line["logs"][metric]) for line in history if metric in line["logs"]]

    def row(self, objectives: Sequence[str]) -> dict[str, Any]:
        """Its row of a table."""
        values: Sequence[float | None] = self.values or [None] * len(objectives)
        measured = zip(objectives, self.errors or ())
        errors = {f"{name}_error": error for name, error in measured if name not in STATIC_OBJECTIVES}
        return {
            "number": self.number, "state": self.state, **dict(zip(objectives, values)), **errors,
            "epochs": self.epochs, "seconds": self.seconds, "params": self.sizes.get("params"),
            "macs": self.sizes.get("macs"), **({} if self.taken is None else {"taken": self.taken}), **self.chosen,
        }  # fmt: skip


def parts_of(folder: RunFolder) -> Iterator[RunFolder]:
    """The run folders in that of a trial: itself, its folds and its further runs."""
    yield folder
    for path in sorted(folder.path.glob(f"{FOLDS}/*")) + sorted(folder.path.glob(f"{REPEATS}/*")):
        yield RunFolder(path)


def seconds_of(folder: RunFolder) -> float:
    """The time that a run took; 0 before it is described."""
    try:
        return float(folder.info().get("seconds", 0.0))
    except RunError:
        return 0.0


def trials_of(folder: SearchFolder) -> list[Trial]:
    """The trials of a search."""
    trials = []
    for number, each in enumerate(read_trials(folder.journal), 1):
        attributes = each.user_attrs
        values = each.values if each.state.name == "COMPLETE" else None
        trials.append(
            Trial(
                number=number,
                state=_STATES[each.state.name],
                chosen=each.params,
                values=values,
                sizes=attributes.get("sizes", {}),
                folder=folder.trial(number),
                digest=attributes.get("digest", ""),
                error=attributes.get("error"),
                errors=attributes.get("errors"),
                taken=attributes.get("taken"),
            )
        )
    return trials


def ranked(trials: Sequence[Trial], directions: Sequence[bool]) -> list[Trial]:
    """The trials that are done, best first; of those whose first objective differs only by rounding, the earlier one.

    With several objectives those of the Pareto set come first, and both parts are in the order of the first objective.

    Args:
        trials: The trials.
        directions: Whether each objective is maximized.
    """
    done = [each for each in trials if each.values is not None]
    front = {each.number for each in pareto(done, directions)}

    def value(trial: Trial) -> float:
        assert trial.values is not None
        return -trial.values[0] if directions[0] else trial.values[0]

    best = inf
    order = []
    for trial in sorted(done, key=lambda each: (each.number not in front, value(each))):
        if not isclose(value(trial), best, rel_tol=_ROUNDING):
            best = value(trial)
        order.append((trial.number not in front, best, trial.number, trial))
    return [each[-1] for each in sorted(order, key=lambda each: each[:3])]


def pareto(trials: Sequence[Trial], directions: Sequence[bool]) -> list[Trial]:
    """The trials that none is better than: as good in each objective, and better in one."""
    if len(directions) == 1 and trials:
        values = [trial.values[0] for trial in trials if trial.values is not None]
        best = max(values) if directions[0] else min(values)
        return [trial for trial in trials if trial.values and isclose(trial.values[0], best, rel_tol=_ROUNDING)]
    signs = [-1 if is_max else 1 for is_max in directions]
    signed = [tuple(sign * value for sign, value in zip(signs, trial.values or ())) for trial in trials]
    return [
        trial
        for trial, own in zip(trials, signed)
        if not any(other != own and all(a <= b for a, b in zip(other, own)) for other in signed)
    ]


def trained_epochs(trials: Iterable[Trial]) -> int:
    """The epochs of trials; those that were taken over from another search do not count."""
    return sum(trial.epochs for trial in trials if trial.taken is None)


class Simplest(NamedTuple):
    """A trial, the best one, the standard error of the first objective of the best, what it is that of, and the trials
    within it, best first.
    """

    trial: Trial
    best: Trial
    error: float
    source: str
    near: Sequence[Trial]


def simplest(best: Trial, trials: Sequence[Trial], metric: str, is_max: bool) -> Simplest:
    """The trial with the fewest parameters whose first objective is within one standard error of that of the best.

    The standard error is that over repeats or folds; without them, it follows from the interval of the metric on the
    validation set, which leaves out that the initial weights differ.

    Raises:
        RunError: No standard error is known, as that of a loss without repeats or folds.
    """
    error, source = _standard_error(best, metric)
    near = [trial for trial in trials if _is_near(trial, best, error, is_max)]
    sized = [each for each in near if each.sizes.get("params") is not None]
    smallest = min(sized, key=lambda each: each.sizes["params"] or 0, default=best)
    return Simplest(smallest, best, error, source, near)


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


class SearchResult:
    """A search: what `search` returns and `load_search` opens.

    Attributes:
        folder: Its files, for the other modules of this package; not part of the public API.
    """

    def __init__(self, folder: SearchFolder) -> None:
        self.folder = folder

    @property
    def path(self) -> Path:
        """The folder of the search."""
        return self.folder.path

    @property
    def state(self) -> str:
        """`"running"`, `"done"`, `"interrupted"`, `"failed"`, or `"killed"`."""
        return self.folder.state

    @property
    def objectives(self) -> list[str]:
        """The names of the objectives."""
        return [each["metric"] for each in self.folder.info["objectives"]]

    @property
    def trials(self) -> list[Trial]:
        """All trials, in the order of their start."""
        trials = trials_of(self.folder)
        if self.state == RUNNING:
            return trials
        return [trial._replace(state=INTERRUPTED) if trial.state == RUNNING else trial for trial in trials]

    @property
    def directions(self) -> list[bool]:
        """Whether each objective is maximized."""
        return [each["direction"] == "maximize" for each in self.folder.info["objectives"]]

    @property
    def ranked(self) -> list[Trial]:
        """The trials that are done, best first."""
        return ranked(self.trials, self.directions)

    @property
    def best(self) -> Trial:
        """The best trial; of several objectives, the one of the Pareto set with the best first one."""
        found = self.ranked
        if not found:
            raise RunError(f"{self.path} has no trial that is done")
        return found[0]

    @property
    def pareto(self) -> list[Trial]:
        """The trials that none is better than."""
        return pareto([trial for trial in self.trials if trial.values is not None], self.directions)

    @property
    def rejected(self) -> dict[str, int]:
        """How many candidates were not trained, by the code of the finding or the limit."""
        return dict(self.folder.info["rejected"])

    @property
    def rejections(self) -> list[JsonObject]:
        """The candidates that were not trained: `values`, `rule`, `name`, `line`, and the `trial` that came next."""
        return list(self.folder.rejected())

    @property
    def test(self) -> SetEvaluation | None:
        """The results of the best trial on the test set; None before."""
        tested = self.folder.test
        return None if tested is None else tested["result"]

    def rows(self) -> list[dict[str, Any]]:
        """A row for each trial: number, state, objectives, epochs, seconds, sizes and values."""
        return [trial.row(self.objectives) for trial in self.trials]

    def frame(self) -> Any:
        """The rows as a `pandas.DataFrame`; raises `MissingPackageError` without pandas."""
        try:
            pandas = import_module("pandas")
        except ModuleNotFoundError:
            raise MissingPackageError("frame() needs pandas: pip install pandas; rows() has the same data") from None
        return pandas.DataFrame(self.rows())

    @property
    def study(self) -> Study:
        """The `optuna.Study` of the trials, with those that were rejected left out; a copy in memory."""
        return study_of(self.folder.journal, ["maximize" if is_max else "minimize" for is_max in self.directions])

    @property
    def simplest(self) -> Simplest:
        """The smallest trial within one standard error of the best; raises `RunError` where none is known."""
        return simplest(self.best, self.ranked, self.objectives[0], self.directions[0])

    def _repr_html_(self) -> str:
        """The best trials and the history, for notebooks."""
        from seqspec.training.search.search_report import notebook_html

        return notebook_html(self)

    def __repr__(self) -> str:
        return f"<Search {self.path.name}: {self.state}>"


def load_search(path: str) -> SearchResult:
    """Opens the folder of a search, or a search by its name; raises `RunError`."""
    return SearchResult(SearchFolder.open(path))


def table_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


class SearchComparison(TypedDict):
    """Several searches by column; each list has a value per search, None where it has none.

    `best` are the rows of the best trials, `chosen` their values by parameter, `test` the metrics on the test set;
    `settings` are the keys of the documents that differ, `[search]` included; `data` is whether all searches have the
    same data and split, and `comparable` whether also the objectives are the same.
    """

    searches: list[str]
    states: list[str]
    objectives: list[list[str]]
    trials: list[int]
    epochs: list[int]
    seconds: list[float]
    rejected: list[int]
    best: list[JsonObject | None]
    chosen: dict[str, list[object]]
    test: list[JsonObject | None]
    settings: dict[str, list[object]]
    data: bool
    comparable: bool


def compare_searches(results: Sequence[SearchResult]) -> SearchComparison:
    """The best trials of several searches, and what differs between their documents; raises `RunError`."""
    infos = [result.folder.info for result in results]
    # Read once, since a search may be running.
    trials = [result.trials for result in results]
    best = [next(iter(result.ranked), None) for result in results]
    data = [data_and_split(info["digests"]) for info in infos]
    same_data = all(each == data[0] for each in data)
    parameters = dict.fromkeys(name for each in best if each is not None for name in each.chosen)
    return {
        "searches": [result.path.name for result in results],
        "states": [result.state for result in results],
        "objectives": [result.objectives for result in results],
        "trials": [len(of_search) for of_search in trials],
        "epochs": [trained_epochs(of_search) for of_search in trials],
        "seconds": [info["seconds"] for info in infos],
        "rejected": [sum(result.rejected.values()) for result in results],
        "best": [None if each is None else each.row(result.objectives) for each, result in zip(best, results)],
        "chosen": {name: [None if each is None else each.chosen.get(name) for each in best] for name in parameters},
        "test": [None if result.test is None else dict(result.test["metrics"]) for result in results],
        "settings": differing([_tree(result) for result in results]),
        "data": same_data,
        "comparable": same_data and all(info["objectives"] == infos[0]["objectives"] for info in infos),
    }


def _tree(result: SearchResult) -> JsonObject:
    """The document with `[search]` and everything resolved, as the search has read it; raises `RunError`."""
    info, document = result.folder.info, result.folder.document
    check = Check.of(str(document), vars=info["vars"] or None, settings=info["settings"])
    if not check.expansion.usable:
        raise RunError(f"{document} cannot be read: {check.linted.diagnostics[0].message}")
    tree = dict(check.expansion.tree)
    if check.spec.search is not None:
        tree["search"] = check.spec.search.to_tree()
    return tree
