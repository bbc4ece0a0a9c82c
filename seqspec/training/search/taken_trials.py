"""`--from`: the trials of another search that lie in the space of this one."""

from __future__ import annotations

import shutil
from collections.abc import Mapping

from seqspec.core.api.search import Candidate, Choice, Parameter, Scalar, candidate, is_among
from seqspec.training.errors import RunError
from seqspec.training.records import data_and_split
from seqspec.training.search.jobs import is_trained, measured
from seqspec.training.search.plan import SearchPlan
from seqspec.training.search.results import trials_of
from seqspec.training.search.search_folder import SearchFolder
from seqspec.training.search.study import TrialStudy

_LEFT_OUT = shutil.ignore_patterns("checkpoints", ".lock", "report.html", "plots")


def take_trials(plan: SearchPlan, folder: SearchFolder, other: SearchFolder) -> int:
    """Copies the trials that are done, whose spec this search could train; returns how many.

    Raises:
        RunError: The data or the installed versions differ.
    """
    info, before = folder.info, other.info
    differ = data_and_split(info["digests"]) != data_and_split(before["digests"])
    if differ or info["versions"] != before["versions"]:
        what = "the data or its split" if differ else "the installed versions"
        raise RunError(f"cannot take over the trials of {other.path}: {what} changed since then")
    directions = [goal.direction for goal in plan.goals]
    study = TrialStudy(folder.journal, plan.search.space, plan.search.sampler, directions, plan.seed)
    taken = 0
    for trial in trials_of(other):
        found = _in_space(plan, trial.chosen) if is_trained(plan, trial.folder) else None
        if found is None or plan.digest(plan.trial(found, trial.number)) != trial.digest:
            continue
        values = measured(plan, trial.folder, trial.sizes)
        if values is None:
            continue
        taken += 1
        shutil.copytree(trial.folder.path, folder.trial(taken).path, ignore=_LEFT_OUT, dirs_exist_ok=True)
        attributes: dict[str, object] = {
            "digest": trial.digest,
            "sizes": dict(trial.sizes),
            "taken": f"{other.path.name}/{trial.number}",
        }
        if values.errors is not None:
            attributes["errors"] = values.errors
        study.take(found.chosen, values.values, attributes)
    return taken


def _in_space(plan: SearchPlan, chosen: Mapping[str, Scalar]) -> Candidate | None:
    """The candidate with these values, and those of the document for what was not searched; None outside of the space.

    Whether what is no longer searched has the value of the document, the digests of the specs say.
    """
    of_document = plan.checker.values.document().chosen

    def pick(parameter: Parameter) -> Scalar:
        value = chosen.get(parameter.name, of_document.get(parameter.name))
        if value is None or not _has(parameter, value):
            raise LookupError
        return value

    try:
        return candidate(plan.search.space, pick)
    except LookupError:
        return None


def _has(parameter: Parameter, value: Scalar) -> bool:
    if isinstance(parameter.distribution, Choice):
        return value in parameter.ends
    return is_among(parameter.distribution, value)
