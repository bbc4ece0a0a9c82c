"""What all trials of a search share: the document and the objectives; and the spec of each."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from seqspec.core.api.check import Check, CheckedSpec, Report
from seqspec.core.api.data import Data, TimeSplit
from seqspec.core.api.diagnostics import Diagnostic, SpecError, TreeEdit, remove, set_value
from seqspec.core.api.files import Configurations, EffectiveConfigurations
from seqspec.core.api.language import SHARED_SPLIT, Override, automatic_places, key_in, layer_path, self_contained
from seqspec.core.api.search import (
    FOLDED,
    STATIC_OBJECTIVES,
    Candidate,
    Fixed,
    Search,
    SpaceChecker,
    SpaceSummary,
    has_only_budgets,
    is_merged_at,
)
from seqspec.core.api.spec import Table, canonical_text
from seqspec.core.api.syntax import CannotEdit, Document, apply_edits, edits_of
from seqspec.core.api.training import logs_of
from seqspec.training.access import Allowed
from seqspec.training.errors import DataError, RunError
from seqspec.training.evaluation.metric_names import is_higher_better
from seqspec.training.events import EventHandler, FindingEvent, WarningEvent, ignore
from seqspec.training.loggers.group import wanted_loggers
from seqspec.training.planning.checks import is_cross_validated
from seqspec.training.planning.plan import RunPlan, TrainOptions, access_of, raise_violations, trainable_spec
from seqspec.training.run_folder.environment import spec_tree
from seqspec.training.run_folder.files import digest_of_tree

_NO_SEARCH = "the document has no [search]: add one with an objective and [search.space]"
_COMMENT_OF_SEARCH = re.compile(r"(?<=\n\n)(?:#.*\n)+(?=\[search[\].])")
"""The comment above a table that trials do not have."""


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
class SearchPlan:
    """What all trials share, apart from the data; it can be pickled.

    Attributes:
        check: The check of the document.
        run: The plan of a run of the document with the split of all trials; its seed is that of the sampler too.
        checker: The check of its candidates.
        goals: The objectives.
        space: What the check of the space found.
    """

    check: Check
    run: RunPlan
    checker: SpaceChecker
    goals: Sequence[Goal]
    space: SpaceSummary

    @property
    def shared(self) -> CheckedSpec:
        """The spec with the split of all trials."""
        return self.run.checked

    @property
    def seed(self) -> int:
        """The seed of the sampler and of the split."""
        return self.run.seed

    @property
    def final(self) -> str:
        """What happens to the best model at the end; trials of folds leave none, so that their default is "retrain"."""
        final = self.search.final
        return "retrain" if final == "evaluate" and self.folds else final

    @property
    def search(self) -> Search:
        """`[search]`."""
        return self.checker.search

    @property
    def folds(self) -> int:
        """The folds that a trial is trained on; 0 without cross-validation."""
        spec = self.shared.spec
        if not is_cross_validated(spec):
            return 0
        assert spec.data.split is not None
        return int(spec.data.split.count)

    @property
    def document(self) -> str:
        """The digest of what the document means, `[search]` included, apart from its budgets."""
        return digest_of_tree(plan_tree(self.check))

    def seed_of(self, number: int, repeat: int = 1) -> int:
        """The seed of a trial, or of one that is repeated."""
        text = f"{self.seed}:{number}" if repeat == 1 else f"{self.seed}:{number}:{repeat}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])

    def fixed(self, number: int, repeat: int = 1) -> dict[tuple[str, ...], object]:
        """What is set in the spec of a trial beside its candidate: its seed, and the split of all trials."""
        return {("runtime", "seed"): self.seed_of(number, repeat), **shared_split(self.check, self.seed)}

    def trial(self, candidate: Candidate, number: int, repeat: int = 1) -> Check:
        """The check of the spec of a trial."""
        fixed = Candidate({}, self.fixed(number, repeat)).overrides()
        return self.checker.trial.with_overrides(*self.checker.overrides_of(candidate), *fixed)

    def digest(self, check: Check) -> str:
        """What a trial means, the seed left out; raises `RunError` if it changes the data."""
        tree = spec_tree(check)
        if tree.get("data", {}) != spec_tree(self.shared).get("data", {}):
            raise RunError("[search.space] changes [data]: all trials of a search have the same data")
        runtime = {key: value for key, value in tree.get("runtime", {}).items() if key != "seed"}
        return digest_of_tree({**tree, "runtime": runtime})

    def text(self, candidate: Candidate, number: int, heading: str, repeat: int = 1) -> str:
        """The document of a trial as written, or merged with those that it extends, with its values in place.

        Where these cannot be set in its text, it is the spec with everything resolved.
        """
        document, expected = merged(self.check.document), spec_tree(self.trial(candidate, number, repeat))
        comment = "" if document.format == "json" else f"# {heading}\n"
        try:
            text = self._edited(document, {**candidate.values, **self.fixed(number, repeat)})
            if digest_of_tree(spec_tree(Check.of(_parsed(document, text)))) == digest_of_tree(expected):
                return comment + text
        except (CannotEdit, ValueError, AssertionError):
            pass
        if comment:
            comment += "# A value has no place of its own in the document of the search: everything is resolved here.\n"
        return comment + canonical_text(expected, "json" if document.format == "json" else "toml")

    def _edited(self, document: Document, values: Mapping[tuple[str, ...], object]) -> str:
        """The text of the document with values at their paths and without `[search]`; raises `CannotEdit`."""
        changes = [remove(("search",))] if "search" in document.tree else []
        given: dict[tuple[str, ...], object] = {
            ("vars", name): value for name, value in (self.check.vars or {}).items()
        }
        for override in self.checker.trial.overrides:
            given.update(_leaves(override.value, override.path))
        edited = document
        if document.format != "json" and document.text is not None:
            edited = _parsed(document, _COMMENT_OF_SEARCH.sub("", document.text))
        expansion = self.check.expansion
        automatic = {name: expansion.origin(place).path for name, place in automatic_places(expansion.tree).items()}
        for path, value in values.items():
            if is_merged_at(path) and isinstance(value, Mapping):
                given |= {(*path, key): item for key, item in value.items()}
            else:
                given[path] = value
        changes += [_change(document, path, value, automatic) for path, value in given.items()]
        for change in changes:
            edited = _parsed(document, apply_edits(edited, edits_of(edited, [change])))
        return edited.text or ""


def plan_tree(check: Check) -> dict[str, object]:
    """What a document with `[search]` means, apart from the budgets of the search."""
    assert check.spec.search is not None
    budgets = ("trials", "time", "epochs", "keep", "stop", "final")
    search = {key: value for key, value in check.spec.search.to_tree().items() if key not in budgets}
    return {**spec_tree(check), "search": search}


def _leaves(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    else:
        yield path, value


def merged(document: Document) -> Document:
    """A document as written; one with `extends` merged with the documents that it extends."""
    if document.text is None or "extends" not in document.tree:
        return document
    return _parsed(document, canonical_text(self_contained(document), "json" if document.format == "json" else "toml"))


def _parsed(document: Document, text: str) -> Document:
    tree = document.syntax.parse(text)
    assert isinstance(tree, Mapping)
    return Document(tree, text, document.file, document.format)


def _change(
    document: Document, path: tuple[str, ...], value: object, automatic: Mapping[str, tuple[str | int, ...]]
) -> TreeEdit:
    """The edit that sets a value at a path of `--set`, of which a part may be the index or the name of an entry.

    `automatic` has the paths of the layers without a name, by their automatic names.
    """
    tree: object = document.tree
    found: list[str | int] = []
    place = layer_path(document.tree, path)
    if place[:2] == ("model", "layers") and len(place) > 2 and str(place[2]) in automatic:
        place = (*automatic[str(place[2])], *place[3:])
    for key in place:
        existing = key_in(tree, key)
        if existing is None and isinstance(tree, (list, str)):
            raise CannotEdit(f"the document has no {'.'.join(path)}")
        found.append(key if existing is None else existing)
        tree = None if existing is None else tree[existing]  # type: ignore[index]  # it has the key
    return set_value(tuple(found), value)


def goals_of(check: Check) -> list[Goal]:
    """The objectives with their directions."""
    spec = check.spec
    assert spec.search is not None and "compile" in spec.written
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


def shared_split(check: Check, seed: int) -> dict[tuple[str, ...], object]:
    """What makes the split of all trials the same: its seed; with `folds`, the folds of training and validation set."""
    spec = check.spec
    split = spec.data.split
    if split is None or spec.search is None:
        return {}
    if spec.search.folds is not None:
        return {Data.key_path(lambda data: data.split): fold_split(split, spec.search.folds, seed)}
    if "seed" in type(split).model_fields and getattr(split, "seed", None) is None:
        return {("data", "split", "seed"): seed}
    return {}


def fold_split(split: Table, folds: int, seed: int) -> dict[str, object]:
    """The split into folds whose test set is that of another split."""
    found: dict[str, object] = {"by": FOLDED[getattr(split, "by", "")], "folds": folds}
    for key in ("test", "column", "gap", "stratify"):
        value = getattr(split, key, None)
        if value:
            found[key] = value
    if not isinstance(split, TimeSplit):
        own = getattr(split, "seed", None)
        found["seed"] = seed if own is None else own
    return found


def require_no_errors(check: Check) -> None:
    """Raises `SpecError` if a document has errors, with those of its space, and `RunError` without `[search]`."""
    if not check.linted.ok:
        if has_only_budgets(check):
            raise RunError(_NO_SEARCH)
        raise SpecError(check.report)


def _with_policy(check: Check) -> Check:
    """The check with the policy of its project; the same one without a policy."""
    policy = policy_of(check.document.file)
    if policy is None:
        return check
    return Check(check.document, check.options._replace(policy=policy), check.overrides, check.vars)


def plan_of(
    check: Check, seed: int, base: Path | None, allowed: Sequence[str], download: bool, within: Allowed,
    loggers: Sequence[str] = (), report: EventHandler = ignore,
) -> SearchPlan:  # fmt: skip
    """Checks the document and its space, and reports the warnings of the check.

    `loggers` are those beside the ones of `[report]`.

    Raises:
        SpecError: The document or its space has errors, or a logger is unknown or not installed.
        RunError: The document has no `[search]`.
    """
    require_no_errors(check)
    check = _with_policy(check)
    spec = trainable_spec(check).spec
    if spec.search is None:
        raise RunError(_NO_SEARCH)
    try:
        wanted = wanted_loggers(spec, loggers)
    except DataError as error:
        raise_violations(check, error.violations)
    check.valid_for("search")
    _report_warnings(check.report, report)
    checker = check.space
    for override in checker.trial.overrides:
        if override.path in checker.search.space:
            report(WarningEvent(_without_effect(override.path, checker.search)))
    split = shared_split(check, seed)
    shared = checker.trial.with_overrides(
        *(Override.of(path, value, origin=SHARED_SPLIT) for path, value in split.items())
    )
    options = TrainOptions(allow_custom=allowed, allowed=within, download=download, loggers=wanted)
    run = RunPlan.new(trainable_spec(shared), options, seed=seed, base=base, access=access_of(check, within))
    return SearchPlan(
        check=check,
        run=run,
        checker=checker,
        goals=goals_of(check),
        space=check.space_report.summary(),
    )


def _without_effect(path: tuple[str, ...], search: Search) -> str:
    """What is said about a setting of the caller that the space replaces."""
    name = ".".join(path)
    if isinstance(search.space[path], Fixed):
        return f"the setting {name} has no effect: [search.space] has a value for all trials; set search.space.{name}"
    return f"the setting {name} is for the first trial only: it is searched; set search.space.{name} for the others"


def _report_warnings(checked: Report, report: EventHandler) -> None:
    """Reports the warnings that `seqspec check` prints."""
    diagnostics: Sequence[Diagnostic] = checked.diagnostics
    if checked.file is not None:
        diagnostics = EffectiveConfigurations(Configurations(), baselines=False).of_file(checked.file).reported(checked)
    for each in diagnostics:
        if each.severity == "warning":
            report(FindingEvent(each, each.message, checked.line))


def policy_of(file: str | None) -> Mapping[str, object] | None:
    """The policy of the project of a file."""
    if file is None:
        return None
    return EffectiveConfigurations(Configurations(), baselines=False).of_file(file).policy


def seed_in(check: Check) -> int | None:
    """The seed that the document names for its search."""
    spec = check.spec
    if spec.search is None:
        return None
    if spec.search.seed is not None:
        return spec.search.seed
    return spec.runtime.seed
