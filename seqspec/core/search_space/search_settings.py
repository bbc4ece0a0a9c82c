"""Mistakes in `[search]` that show without its candidates: objectives, budgets, and comparisons that mean little."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from seqspec.core.analysis.facts import Facts
from seqspec.core.analysis.training.stages import VALIDATION
from seqspec.core.diagnostics.message import Setting, TableName, Value, fmt
from seqspec.core.diagnostics.suggest import Suggestion, SuggestionTemplate, nearest
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.document.data import Data
from seqspec.core.document.search import FOLDED, STATIC_OBJECTIVES, Choice, Fixed, Objective, Search, Uniform
from seqspec.core.document.sources import FoldSplit
from seqspec.core.search_space.candidates import parameters

_TEST = "test_"


def search_violations(facts: Facts) -> Iterator[Violation]:
    """The violations of the keys of `[search]`."""
    search = facts.spec.search
    if search is None:
        return
    known: set[str] = set()
    for index, objective in enumerate(search.objective):
        path: Path = ("search", "objective")
        # Missing where the key is misspelt, and read as what was most likely meant.
        written = facts.spec.tree["search"].get("objective")
        if isinstance(written, list):
            path = (*path, index)
            written = written[index]
        if isinstance(written, dict):
            path = (*path, "metric")
        if objective.metric in known:
            yield Violation(
                "bad-objective", f'"{objective.metric}" is an objective twice', path=path, help="remove one"
            )
        elif objective.metric not in STATIC_OBJECTIVES:
            yield from _objective(facts, objective, path)
        known.add(objective.metric)
    yield from _budget(facts, search)
    yield from _trainings(facts, search)
    yield from _comparisons(facts, search)


def _objective(facts: Facts, objective: Objective, path: Path) -> Iterator[Violation]:
    name, logs = objective.metric, facts.training.logs
    if name.startswith(_TEST):
        meant = f"{VALIDATION}{name.removeprefix(_TEST)}"
        yield Violation(
            "bad-objective",
            f'"{name}": the test set is evaluated once, for the best trial',
            path=path,
            **Suggestion(meant, SuggestionTemplate.STRING).arguments(),
        )
        return
    if logs is None or not logs.exact:
        return
    base = name.removeprefix(VALIDATION)
    shown = [*logs.names, *(f"{VALIDATION}{log_name}" for log_name in logs.names)]
    if base not in logs.names:
        abbreviated = [shown_name for shown_name in shown if shown_name.startswith(name)]
        meant_log = abbreviated[0] if len(abbreviated) == 1 else _validated(name, logs.names) or nearest(name, shown)
        meant_log = meant_log or _beginning(name, shown)
        compiled = facts.spec.tree.get("compile")
        if isinstance(compiled, Mapping) and name == compiled.get("loss"):
            meant_log = "loss"
        if meant_log in logs.names and _has_validation(facts):
            meant_log = f"{VALIDATION}{meant_log}"
        yield Violation(
            "bad-objective",
            f'the objective "{name}" is never logged',
            path=path,
            notes=(f"logged: {', '.join(shown)}; known without training: {', '.join(STATIC_OBJECTIVES)}",),
            **Suggestion(meant_log, SuggestionTemplate.STRING).arguments(),
        )
        return
    validates = any(stage.validates for stage in facts.training.stages)
    folded = facts.spec.search is not None and facts.spec.search.folds is not None
    if name != base and facts.has("data") and facts.fit and not validates and not folded:
        yield Violation(
            "bad-objective",
            f'the objective "{name}" is never logged: validation data is missing',
            path=path,
            help=fmt("add a validation set to {}", TableName(Data.key_path(lambda data: data.split))),
        )
    if name == base and _has_validation(facts):
        yield Violation(
            "bad-objective",
            f'"{name}" is that of the training set, which also improves by overfitting',
            path=path,
            severity="warning",
            help=fmt("write {}", Value(f"{VALIDATION}{name}")),
        )
    metric = logs.logged(name)
    if objective.direction is None and logs.direction(name) is None and (metric is None or metric.direction is None):
        yield Violation(
            "bad-objective",
            f'whether a lower or a higher "{name}" is better is not known',
            path=path,
            help=fmt("write {}", Value({"metric": name, "direction": "max"})),
        )


def _has_validation(facts: Facts) -> bool:
    return any(stage.separate or stage.split.splits for stage in facts.training.stages)


def _validated(name: str, logged: Sequence[str]) -> str | None:
    """The name on the validation set of a metric, of which a name says so elsewhere: `accuracy_val`."""
    words = name.lower().split("_")
    rest = "_".join(word for word in words if not word.startswith("val"))
    metric = nearest(rest, logged) or _beginning(rest, logged) if 0 < len(rest) < len(name) else None
    return None if metric is None else f"{VALIDATION}{metric}"


def _beginning(name: str, known: Sequence[str]) -> str | None:
    """The longest known name that a name begins with, before an underscore: `val_AUC` of `val_AUC_score`."""
    return max(
        (known_name for known_name in known if name.lower().startswith(f"{known_name.lower()}_")), key=len, default=None
    )


def _budget(facts: Facts, search: Search) -> Iterator[Violation]:
    epochs = _most_epochs(facts, search)
    compares_epochs = search.pruner.type != "none" and search.folds is None
    if compares_epochs and facts.fit and search.pruner.min_epochs >= epochs:
        yield Violation(
            "bad-search-budget",
            fmt("no trial ends early: min_epochs is {}, and a trial has {}", search.pruner.min_epochs, epochs),
            path=("search", "pruner"),
            help=fmt("set {}", Setting("min_epochs", max(1, epochs // 10))),
        )
    if search.sampler.type == "grid":
        for parameter in parameters(search.space):
            if parameter.size is None:
                step: str = fmt("add {}", Setting("step", ...))
                if isinstance(parameter.distribution, Uniform) and parameter.distribution.log:
                    is_path = parameter.path in search.space
                    step = "write a list of values" if is_path else "write an alternative for each of its values"
                yield Violation(
                    "bad-search-budget",
                    f"a grid needs a step for {parameter.name}",
                    path=("search", "space", *parameter.path),
                    help=step,
                )
    if not facts.spec.tree["search"].get("space"):
        yield Violation(
            "empty-search-space",
            "no path is searched",
            path=("search", "space"),
            anchor="key",
            severity="warning",
            help=fmt("add a path, such as vars.units, with its values, such as {}", Value({"min": 8, "max": 64})),
        )


def _most_epochs(facts: Facts, search: Search) -> int:
    """The epochs of a trial, the most where they are searched."""
    total = 0
    for index, stage in enumerate(facts.training.stages):
        epochs = search.space.get(("fit", str(index), "epochs"), search.space.get(("fit", "epochs")))
        values: list[object] = []
        if isinstance(epochs, Fixed):
            values = [epochs.value]
        elif isinstance(epochs, Uniform):
            values = [epochs.max]
        elif isinstance(epochs, Choice):
            values = [alternative.value for alternative in epochs.alternatives]
        most = max((value for value in values if isinstance(value, int)), default=stage.fit.epochs)
        total += max(0, most - stage.fit.initial_epoch)
    return total


def _trainings(facts: Facts, search: Search) -> Iterator[Violation]:
    """How often a candidate is trained, and on which samples."""
    split = facts.data.split
    has_folds = isinstance(split, FoldSplit) and split.fold is None
    at: Path = ("search",)

    def wrong(message: str, key: str, help: str) -> Violation:
        return Violation("bad-search-budget", message, path=(*at, key), help=help)

    if search.folds is not None and isinstance(split, FoldSplit):
        yield wrong("[data.split] has folds already", "folds", "remove one of them")
    elif search.folds is not None and facts.has("data") and getattr(split, "by", None) not in FOLDED:
        shown = ", ".join(f'"{name}"' for name in FOLDED)
        yield wrong(
            f"folds need a split by {shown}",
            "folds",
            fmt("change {}", TableName(Data.key_path(lambda data: data.split))),
        )
    if search.repeats > 1 and (search.folds is not None or has_folds):
        yield wrong("folds are trained several times already", "repeats", "remove repeats, or the folds")
    if search.final == "evaluate" and "final" in search.written() and (search.folds is not None or has_folds):
        message = "the trainings of folds leave no model to evaluate"
        yield wrong(message, "final", fmt("write {}", Setting("final", "retrain")))
    if search.final == "retrain" and facts.has("data") and split is None:
        message = "the sets of [data] cannot be joined for another training: there is no split"
        yield wrong(message, "final", fmt("write {}", Setting("final", "evaluate")))
    spec = facts.spec
    if search.limits is not None and search.limits.export and not (spec.export or spec.quantize):
        at = ("search", "limits")
        yield wrong("nothing is exported", "export", fmt("add {}", TableName(("export",))))


def _comparisons(facts: Facts, search: Search) -> Iterator[Violation]:
    names = {objective.metric.removeprefix(VALIDATION) for objective in search.objective}
    for path, distribution in search.space.items():
        if isinstance(distribution, Fixed):
            continue
        at: Path = ("search", "space", *path)
        compares_epochs = search.pruner.type != "none" and search.folds is None
        if path[0] == "fit" and path[-1] == "epochs" and compares_epochs:
            why = "the pruner compares trials after as many epochs, and their number is searched"
        elif path[:2] == ("compile", "loss") and "loss" in names:
            why = "the objective is the loss, and values of different losses cannot be compared"
        elif (
            path[0] == "fit"
            and path[-1] == "batch_size"
            and any(optimizer.scheduled for optimizer in facts.training.optimizers)
        ):
            why = "the learning rate schedule counts steps, and the batch size decides how many an epoch has"
        else:
            continue
        yield Violation("unstable-comparison", why, path=at, anchor="key")
