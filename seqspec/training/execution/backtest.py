"""Backtests: the model of a run is trained again on growing parts of its series, and tested on the steps after each."""

from __future__ import annotations

import copy
import os
import tempfile
from collections.abc import Collection, Iterator

from seqspec.core.api.check import Check
from seqspec.core.api.data import SeriesSource, TimeSplit
from seqspec.training.access import Access, Allowed, access_of_run
from seqspec.training.data.prepare import prepare
from seqspec.training.data.series.sets import VALIDATION_SHARES
from seqspec.training.errors import DataError, RunError
from seqspec.training.execution.api import train
from seqspec.training.records import JsonObject, SetEvaluation
from seqspec.training.run_folder.folder import RunFolder

_OUTPUTS = ("save", "export", "quantize", "report")


def backtest(
    folder: RunFolder, parts: int, allow_custom: Collection[str] = (), allow_data: Collection[str] = ()
) -> Iterator[SetEvaluation]:
    """The results of each part, from the shortest to the longest one.

    The steps of each series are divided into `parts` + 1 equal parts: the model is trained on the first, the first two
    and so on, and tested on the part after them. Validation data is the same fraction of each as in the spec, or a
    larger one where that has no forecast.

    Raises:
        RunError: The run has no series that is split by time, or a part is too short.
        TrainingError: Training failed.
    """
    tree = _tree(folder)
    access = access_of_run(folder.path, folder.info()["base"], Allowed(allow_data))
    readable = [folder for folder in (access.project, *access.data) if folder is not None]
    for part in range(1, parts + 1):
        share = _validation(tree, part, parts, access)
        # The weights are not kept: what counts is how good a model of this spec is.
        with tempfile.TemporaryDirectory(prefix=".backtest-", dir=folder.path) as runs:
            try:
                spec = _trained_on(tree, part, parts, share)
                run = train(spec, runs=runs, allow_custom=allow_custom, allow_data=readable)
            except DataError as error:
                violation = error.violations[0]
                if violation.rule == "short-series":
                    fewer = next(
                        (fold_count for fold_count in range(parts - 1, 1, -1) if _can_begin(tree, fold_count, access)),
                        None,
                    )
                    advice = f"use --backtest {fewer}" if fewer else "it has too few steps for a backtest"
                else:
                    # The place in the series decides, not the length of the parts.
                    advice = "backtest with another number of parts"
                    advice += f", or train with another spec: {violation.help}" if violation.help is not None else ""
                raise RunError(f"part {part} of {parts} cannot be used: {violation.message}; {advice}")
            yield run.evaluation["test"]


def _trained_on(tree: JsonObject, part: int, parts: int, validation: float) -> JsonObject:
    """The spec with the fractions of a part, of which a share validates."""
    trained = part / (parts + 1)
    fractions = {"train": trained * (1 - validation), "validation": trained * validation, "test": 1 / (parts + 1)}
    return {**tree, "data": {**tree["data"], "split": {**tree["data"]["split"], **fractions}}}


def _validation(tree: JsonObject, part: int, parts: int, access: Access) -> float:
    """The share of a part that validates: that of the spec, or the smallest larger one if only that has a forecast."""
    own: float = tree["data"]["split"].get("validation", 0.0)
    if not own:
        return own
    shares = [own, *(share for share in VALIDATION_SHARES if share > own)]
    return next((share for share in shares if _has_windows(_trained_on(tree, part, parts, share), access)), own)


def _can_begin(tree: JsonObject, parts: int, access: Access) -> bool:
    """Whether the first part, the shortest, has a window in each set."""
    return _has_windows(_trained_on(tree, 1, parts, _validation(tree, 1, parts, access)), access)


def _has_windows(tree: JsonObject, access: Access) -> bool:
    try:
        prepare(Check.of(tree).spec, check_leakage=False, access=access)
    except DataError:
        return False
    return True


def _tree(folder: RunFolder) -> JsonObject:
    """The spec of a run, without its outputs, and with the whole path of its source."""
    data = Check.of(folder.spec()).spec.data
    if not isinstance(data.source, SeriesSource) or not isinstance(data.split, TimeSplit):
        raise RunError("--backtest needs a run on a series that is split by time")
    tree: JsonObject = {key: value for key, value in copy.deepcopy(folder.spec()).items() if key not in _OUTPUTS}
    tree["data"]["source"]["path"] = os.path.join(folder.info()["base"], data.source.path)
    tree["runtime"] = {**tree.get("runtime", {}), "seed": folder.lock()["seed"]}
    return tree
