"""Searches beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from seqspec.core.linter.check import analyze_and_lint
from seqspec.training.comparison.runs import differing
from seqspec.training.errors import RunError
from seqspec.training.records import JsonObject, data_and_split
from seqspec.training.search.results import SearchResult, trained_epochs


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
    infos = [result._folder.info for result in results]
    trials = [result.trials for result in results]
    best = [next(iter(result.ranked), None) for result in results]
    data = [data_and_split(info["digests"]) for info in infos]
    same_data = all(each == data[0] for each in data)
    parameters = dict.fromkeys(name for each in best if each is not None for name in each.chosen)
    return {
        "searches": [result.path.name for result in results],
        "states": [result.state for result in results],
        "objectives": [result.objectives for result in results],
        "trials": [len(trial) for trial in trials],
        "epochs": [trained_epochs(trial) for trial in trials],
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
    info, document = result._folder.info, result._folder.document
    analysis = analyze_and_lint(str(document), vars=info["vars"] or None, settings=info["settings"])
    if not analysis.expansion.usable:
        raise RunError(f"{document} cannot be read: {analysis.report.diagnostics[0].message}")
    tree = dict(analysis.expansion.tree)
    if analysis.spec is not None and analysis.spec.search is not None:
        tree["search"] = analysis.spec.search.to_tree()
    return tree
