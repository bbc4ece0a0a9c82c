"""Folders of searches that were recorded without training."""

import json
import math
import random

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages.journal import JournalFileBackend, JournalStorage
from optuna.trial import TrialState, create_trial

from seqspec.training.search.search_folder import SearchFolder

SPACE = {
    "vars.units": IntDistribution(8, 256, log=True),
    "vars.rate": FloatDistribution(0.0, 0.6),
    "compile.optimizer": CategoricalDistribution(["Adam", "SGD"]),
    "compile.optimizer[SGD].momentum": FloatDistribution(0.0, 0.9),
}
"""What is searched: `momentum` exists for SGD only."""


def recorded_search(folder, count, objectives=(("val_accuracy", "maximize"),), name="digits-1", error=None):
    """A search with `count` trials, of which the values follow from the parameters: better with many units.

    `error` is the standard error of all values. Every seventh trial ended early, every fifteenth failed, and two
    candidates were rejected before each fifth.
    """
    path = folder / name
    path.mkdir(parents=True)
    search = SearchFolder(path)
    generator = random.Random(0)
    storage = JournalStorage(JournalFileBackend(str(search.journal)))
    study = optuna.create_study(storage=storage, study_name="search", directions=[each for _, each in objectives])
    for number in range(1, count + 1):
        trial, epochs = _trial(number, generator, objectives, error)
        study.add_trial(trial)
        run = search.trial(number).path
        run.mkdir(parents=True)
        lines = [
            {"epoch": epoch, "stage": 0, "seconds": 0.5, "learning_rate": 0.01,
             "logs": {"loss": 1 / epoch, "val_accuracy": trial.user_attrs["final"] * (1 - 0.5 / epoch)}}
            for epoch in range(1, epochs + 1)
        ]  # fmt: skip
        (run / "history.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        (run / "document.toml").write_text(f"# Trial {number} of the search {name}.\nseqspec = 1\n")
        if number % 5 == 0:
            for line in (12, 14):
                values = {"vars.units": 256, "vars.rate": 0.1, "compile.optimizer": "Adam"}
                reason = {"rule": "SEQ212", "name": "window-too-large", "line": line, "trial": number}
                search.reject({"values": values, **reason})
    search.write_info({
        "state": "done", "name": "digits", "started": "2026-11-29T10:00:00Z", "spec": "digits.seqspec.toml",
        "base": str(folder), "settings": [], "vars": {}, "download": True, "allow_custom": [],
        "objectives": [{"metric": metric, "direction": direction} for metric, direction in objectives],
        "seed": 7, "seconds": 60.0, "versions": {}, "digests": {"files": "a", "data": "b", "split": "c"},
        "document": "d", "rejected": {"SEQ212": count // 5 * 2}, "equal": 1, "tested": [],
    })  # fmt: skip
    return search


def _trial(number, generator, objectives, error):
    params = {
        "vars.units": round(math.exp(generator.uniform(math.log(8), math.log(256)))),
        "vars.rate": generator.uniform(0.0, 0.6),
        "compile.optimizer": generator.choice(["Adam", "SGD"]),
    }
    if params["compile.optimizer"] == "SGD":
        params["compile.optimizer[SGD].momentum"] = generator.uniform(0.0, 0.9)
    parameters = params["vars.units"] * 70
    accuracy = 0.6 + 0.06 * math.log(params["vars.units"]) + generator.gauss(0, 0.01)
    known = {"val_accuracy": accuracy, "params": float(parameters), "macs": float(2 * parameters)}
    state, epochs = TrialState.COMPLETE, 10
    if number % 15 == 0:
        state, epochs = TrialState.FAIL, 0
    elif number % 7 == 0:
        state, epochs = TrialState.PRUNED, 3
    attributes = {"digest": f"{number}", "sizes": {"params": parameters, "macs": 2 * parameters}, "final": accuracy}
    if error is not None:
        attributes["errors"] = [error] * len(objectives)
    if state == TrialState.FAIL:
        attributes["error"] = "out of <memory> & time"
    values = [known[metric] for metric, _ in objectives] if state == TrialState.COMPLETE else None
    return create_trial(
        state=state, params=params, distributions={name: SPACE[name] for name in params}, values=values,
        user_attrs=attributes,
    ), epochs  # fmt: skip
