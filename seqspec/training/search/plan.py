"""What all trials of a search share: the document, the data, the objectives; and the spec of each."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from seqspec.core.analysis.analyze import AnalysisResult
from seqspec.core.analysis.training.logs import VALIDATION, logs_of
from seqspec.core.diagnostics.errors import SpecError
from seqspec.core.diagnostics.tree_fix import TreeEdit, remove, set_value
from seqspec.core.diagnostics.violation import value_at
from seqspec.core.document.search import STATIC_OBJECTIVES, Search
from seqspec.core.linter.check import analyze
from seqspec.core.linter.search.candidates import Candidate
from seqspec.core.linter.search.space import SpaceChecker, space_violations
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.document_edits import apply_edits, edits_of
from seqspec.core.syntax.edit.trees import CannotEdit
from seqspec.training.access import Access, Allowed
from seqspec.training.checks import access_of, base_of, check_with_data, checked, is_cross_validated, read_data
from seqspec.training.data.prepare import PreparedData
from seqspec.training.errors import RunError
from seqspec.training.folds import epoch_of
from seqspec.training.metric_names import is_higher_better
from seqspec.training.records import Digests, EventHandler
from seqspec.training.run import Run
from seqspec.training.run_folder.atomic_files import digest_of_tree
from seqspec.training.run_folder.environment import digests_of, spec_tree


@dataclass(frozen=True)
class Goal:
    """An objective.

    Attributes:
        metric: A logged name, or a size that is known without training.
        is_max: Whether a higher value is better.
    """

    metric: str
    is_max: bool

    @property
    def is_static(self) -> bool:
        """Whether it is known without training."""
        return self.metric in STATIC_OBJECTIVES

    @property
    def direction(self) -> Literal["minimize", "maximize"]:
        """The direction, as Optuna names it."""
        return "maximize" if self.is_max else "minimize"


@dataclass(frozen=True)
class Plan:
    """What all trials share.

    Attributes:
        analysis: The check of the document.
        checker: The check of its candidates.
        data: The sets; those of trials lack the test set.
        base: The folder that paths start from.
        access: What the spec may read.
        seed: The seed of the sampler and of the split.
        goals: The objectives.
        digests: The digests of the document and of the data.
        allowed: Names of the Python modules that the spec may import.
        download: Whether base models get pretrained weights.
    """

    analysis: AnalysisResult
    checker: SpaceChecker
    data: PreparedData
    base: Path
    access: Access
    seed: int
    goals: Sequence[Goal]
    digests: Digests
    allowed: Sequence[str] = ()
    download: bool = True

    @property
    def search(self) -> Search:
        """`[search]`."""
        return self.checker.search

    @property
    def trial_data(self) -> PreparedData:
        """The data of trials."""
        sets = {name: each for name, each in self.data.sets.items() if name != "test"}
        return replace(self.data, sets=sets)

    @property
    def document(self) -> str:
        """The digest of what the document means, `[search]` included, apart from its budgets."""
        tree = spec_tree(self.analysis)
        budgets = ("trials", "time", "epochs", "keep", "stop", "final")
        search = {key: value for key, value in self.search.to_tree().items() if key not in budgets}
        return digest_of_tree({**tree, "search": search})

    def seed_of(self, number: int) -> int:
        """The seed of a trial."""
        return int.from_bytes(hashlib.sha256(f"{self.seed}:{number}".encode()).digest()[:4])

    def fixed(self, number: int) -> dict[tuple[str, ...], object]:
        """What is set in the spec of a trial beside its candidate: its seed, and that of the split of all trials."""
        found: dict[tuple[str, ...], object] = {("runtime", "seed"): self.seed_of(number)}
        spec = self.analysis.spec
        split = spec.data.split if spec is not None and spec.data is not None else None
        if split is not None and "seed" in type(split).model_fields and getattr(split, "seed", None) is None:
            found["data", "split", "seed"] = self.seed
        return found

    def trial(self, candidate: Candidate, number: int) -> AnalysisResult:
        """The check of the spec of a trial."""
        fixed = Candidate({}, self.fixed(number)).settings()
        settings = [*self.checker.settings, *candidate.settings(), *fixed]
        return analyze(self.checker.document, vars=self.analysis.vars, settings=settings)

    def digest(self, analysis: AnalysisResult) -> str:
        """What a trial means, the seed left out; raises `RunError` if it changes the data."""
        tree = spec_tree(analysis)
        own = spec_tree(self.analysis)
        data = dict(tree.get("data", {}))
        if isinstance(data.get("split"), dict):
            split = {key: value for key, value in data["split"].items() if key != "seed"}
            expected = {key: value for key, value in own["data"]["split"].items() if key != "seed"}
            data = {**data, "split": split}
            own = {**own, "data": {**own["data"], "split": expected}}
        if data != own.get("data", {}):
            raise RunError("[search.space] changes [data]: all trials of a search have the same data")
        runtime = {key: value for key, value in tree.get("runtime", {}).items() if key != "seed"}
        return digest_of_tree({**tree, "runtime": runtime})

    def text(self, candidate: Candidate, number: int, heading: str) -> str:
        """The document of a trial as written, with its values in place.

        Where these cannot be set in its text, it is the spec with everything resolved.
        """
        document, expected = self.analysis.document, spec_tree(self.trial(candidate, number))
        comment = "" if document.format == "json" else f"# {heading}\n"
        try:
            text = self._edited(document, {**candidate.values, **self.fixed(number)})
            if digest_of_tree(spec_tree(analyze(_parsed(document, text)))) == digest_of_tree(expected):
                return comment + text
        except (CannotEdit, ValueError, AssertionError):
            pass
        from seqspec.core.document.canonical import canonical_text

        return comment + canonical_text(expected, "json" if document.format == "json" else "toml")

    def _edited(self, document: Document, values: Mapping[tuple[str, ...], object]) -> str:
        """The text of the document with values at their paths and without `[search]`; raises `CannotEdit`."""
        changes = [remove(("search",))] if "search" in document.tree else []
        given: dict[tuple[str, ...], object] = {
            ("vars", name): value for name, value in (self.analysis.vars or {}).items()
        }
        for setting in self.checker.settings:
            given.update(_leaves(tomllib.loads(setting)))
        edited = document
        for change in [*changes, *(_change(document, path, value) for path, value in {**given, **values}.items())]:
            edited = _parsed(document, apply_edits(edited, edits_of(edited, [change])))
        return edited.text or ""

    def values(self, run: Run, sizes: Mapping[str, int | None]) -> list[float] | None:
        """The objectives of a trial that is done; None where one is not a number."""
        history, found = run.history, []
        epoch = epoch_of(run) if self.search.at == "kept" else run.evaluation["epochs"]
        for goal in self.goals:
            logged = history.get(goal.metric, [])
            value = sizes.get(goal.metric) if goal.is_static else logged[epoch - 1] if epoch <= len(logged) else None
            if value is None or value != value:
                return None
            found.append(float(value))
        return found


def _leaves(tree: Mapping[str, object], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _parsed(document: Document, text: str) -> Document:
    tree = document.syntax.parse(text)
    assert isinstance(tree, Mapping)
    return Document(tree, text, document.file, document.format)


def _change(document: Document, path: tuple[str, ...], value: object) -> TreeEdit:
    """The edit that sets a value; layers are found by their name."""
    if path[0] == "layers":
        layers = value_at(document.tree, ("model", "layers")) or []
        places = [index for index, each in enumerate(layers) if isinstance(each, dict) and each.get("name") == path[1]]
        if len(places) != 1:
            raise CannotEdit(f"the document has no layer {path[1]}")
        return set_value(("model", "layers", places[0], *path[2:]), value)
    return set_value(path, value)


def goals_of(analysis: AnalysisResult) -> list[Goal]:
    """The objectives with their directions."""
    spec = analysis.spec
    assert spec is not None and spec.search is not None and spec.compile is not None
    logs = logs_of(spec.compile, spec.tree["compile"])
    goals = []
    for objective in spec.search.objective:
        name, direction = objective.metric, objective.direction
        if direction is None and name in STATIC_OBJECTIVES:
            direction = "min"
        if direction is None:
            metric = logs.logged(name)
            direction = logs.direction(name) or (metric.direction if metric is not None else None)
        is_max = is_higher_better(name) if direction is None else direction == "max"
        goals.append(Goal(name, is_max))
    return goals


def plan_of(
    analysis: AnalysisResult, seed: int, base: Path | None, allowed: Sequence[str], download: bool, within: Allowed,
    report: EventHandler,
) -> Plan:  # fmt: skip
    """Checks the document, and reads its data once for all trials.

    Raises:
        SpecError: The document or its space has errors.
        DataError: The data cannot be used.
        RunError: The document has no `[search]`, or one that is not possible.
    """
    from seqspec.core.compiler.build import require_all

    analysis = checked(analysis.document, vars=analysis.vars, settings=analysis.settings, known=analysis)
    spec = analysis.spec
    assert spec is not None
    if spec.search is None:
        raise RunError("the document has no [search]: add one with an objective and [search.space]")
    if is_cross_validated(spec):
        raise RunError("a search trains on one split: set fold = 1 in [data.split], or split by another kind")
    require_all(analysis, allowed)
    checker = SpaceChecker(analysis, analyze)
    if violations := space_violations(checker, checker.report()):
        found = analyze(analysis.document, vars=analysis.vars, settings=analysis.settings, further=violations)
        if not found.report.ok:
            raise SpecError(found.report)
    base = base or base_of(analysis)
    access = access_of(analysis, within)
    data = read_data(analysis, base, seed, allowed, access=access)
    check_with_data(analysis, data, report)
    goals = goals_of(analysis)
    if "validation" not in data.sets and any(goal.metric.startswith(VALIDATION) for goal in goals):
        validated = any(stage.validation_split for stage in spec.fit or ())
        if not validated:
            raise RunError(f"the objective {goals[0].metric} needs validation data: add validation to [data.split]")
    return Plan(
        analysis, checker, data, base, access, seed, goals, digests_of(analysis, data, base),
        tuple(allowed), download,
    )  # fmt: skip


def seed_in(analysis: AnalysisResult) -> int | None:
    """The seed that the document names for its search."""
    spec = analysis.spec
    if spec is None or spec.search is None:
        return None
    if spec.search.seed is not None:
        return spec.search.seed
    return spec.runtime.seed if spec.runtime is not None else None
