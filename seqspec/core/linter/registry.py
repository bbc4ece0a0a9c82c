"""The registry of rules, and the selection of those that apply to a spec by the names that it contains."""

from __future__ import annotations

import os
import warnings
from functools import cache, cached_property, lru_cache
from importlib import import_module
from typing import NamedTuple

from seqspec.core.analysis.facts import Facts
from seqspec.core.catalog.activations import function_traits
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.plugins import rule_plugins
from seqspec.core.catalog.traits import Role
from seqspec.core.diagnostics.codes import FAMILIES, REQUIRES, RULES, Code, family
from seqspec.core.linter.rule import Requires, Rule


class SpecNames(NamedTuple):
    """The names that a spec contains; the fields are those of `linter.rule.Requires`."""

    tables: frozenset[str]
    layers: frozenset[str]
    activations: frozenset[str]
    dtypes: frozenset[str]
    targets: frozenset[str]
    losses: frozenset[str]
    metrics: frozenset[str]
    optimizers: frozenset[str]
    callbacks: frozenset[str]
    heads: frozenset[str]
    mismatches: frozenset[str]
    absent: frozenset[str]
    arguments: frozenset[str]


_NONE: frozenset[str] = frozenset()
_CROSS_ENTROPIES = frozenset({"binary", "categorical", "cross_entropy", "exclusive", "sparse"})


def names_in(facts: Facts) -> SpecNames:
    """Collects the names that a spec contains."""
    layers = facts.stack.inspected_layers
    objective, compatibility = facts.output.objective, facts.output.loss_compatibility
    heads = _activations(frozenset((facts.output.head.activation,))) if facts.output.head is not None else _NONE
    optimizers: list[str] = []
    losses = metrics = _NONE
    if facts.has("compile"):
        for use in facts.training.optimizers:
            optimizers += (use.kind, type(use.rate).__name__, *use.traits)
        if objective is not None:
            # The loss of "crossentropy" depends on the labels, so it may be any of them if they are unknown.
            losses = objective.traits | {objective.loss} if objective.loss else _CROSS_ENTROPIES
        metrics = frozenset(
            [name for result in facts.output.metric_results for name in (result.metric, *result.traits)]
        )
    return SpecNames(
        tables=facts.tables,
        layers=_layer_names(frozenset([(entry.type, entry.role, entry.traits) for entry in layers])),
        activations=_activations(
            frozenset([entry.activation or ("linear" if entry.role == "weights" else None) for entry in layers])
        ),
        dtypes=frozenset([tensor.dtype for tensor in (facts.input, facts.output.tensor) if tensor is not None]),
        targets=frozenset({facts.target.kind}) if facts.target is not None else _NONE,
        losses=losses,
        metrics=metrics,
        optimizers=frozenset(optimizers),
        callbacks=facts.training.callback_types,
        heads=heads,
        mismatches=compatibility.reasons if compatibility is not None else _NONE,
        absent=_absent(facts),
        arguments=_arguments(facts),
    )


def _absent(facts: Facts) -> frozenset[str]:
    """The parts that the spec does not have."""
    parts: list[tuple[str, object]] = [("target", facts.target), ("validation", facts.data.validation)]
    if facts.has("compile"):
        parts += [("loss", facts.compile.loss), ("optimizer", facts.compile.optimizer)]
    else:
        parts.append(("compile", None))
    return frozenset([name for name, value in parts if value is None])


def _arguments(facts: Facts) -> frozenset[str]:
    """The arguments and keys that are written."""
    given: list[object] = [dataset for _, dataset in facts.inputs.datasets]
    for stage in facts.fit:
        given += (stage, *(stage.callbacks or ()))
    if facts.target is not None:
        given.append(facts.target)
    if facts.has("compile"):
        given += (facts.compile, *[use.optimizer for use in facts.training.optimizers])
    of_loss = facts.output.objective.arguments if facts.output.objective is not None else ()
    written = [part.__pydantic_fields_set__ for part in given if isinstance(part, KerasObject)]
    of_data = ("columns",) if facts.data.columns is not None else ()
    return facts.stack.layer_arguments.union(of_loss, of_data, *written)


# Specs of one project have similar contents.
@lru_cache(maxsize=256)
def _layer_names(kinds: frozenset[tuple[str, Role, frozenset[str]]]) -> frozenset[str]:
    """The types of layers, their roles and traits."""
    return frozenset([name for type, role, traits in kinds for name in (type, role, *traits)])


@lru_cache(maxsize=256)
def _activations(names: frozenset[str | None]) -> frozenset[str]:
    """The names of activations, with their traits."""
    known_names = [name for name in names if name is not None]
    return frozenset(known_names).union(*map(function_traits, known_names))


AREAS = {digit: name for digit, name in FAMILIES.items() if digit in "345678"}
"""The package of a rule by the first digit of its code; other families are language rules."""


class IndexedRule:
    """A built-in rule as listed in the generated index; its module is imported on demand."""

    def __init__(self, entry: Code, requires: tuple[Requires, ...]) -> None:
        self.code = entry.code
        self.name = entry.name
        self.entry = entry
        self.alternatives = requires
        self.module = f"seqspec.core.linter.rules.{AREAS[family(entry.code)]}.{entry.name.replace('-', '_')}"

    @cached_property
    def rule(self) -> Rule:
        """The rule."""
        rule: Rule = import_module(self.module).check
        return rule


@cache
def rules() -> tuple[IndexedRule, ...]:
    """The built-in rules by code."""
    if os.path.exists(_GENERATOR):
        _compare_with_files()
    return tuple(IndexedRule(entry, tuple(Requires(**names) for names in REQUIRES[entry.name])) for entry in RULES)


_ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 3))
_GENERATOR = os.path.join(_ROOT, "scripts", "generate")
"""The script that writes the index; it only exists in a checkout, as do rules missing from the index."""


def _compare_with_files() -> None:
    """Warns if rule files and the index do not match, since rules missing from the index would not run."""
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rules")
    files = {
        f"{area}/{file}"
        for area in AREAS.values()
        for file in os.listdir(os.path.join(folder, area))
        if file.endswith(".py") and not file.startswith("_")
    }
    indexed = {f"{AREAS[family(entry.code)]}/{entry.name.replace('-', '_')}.py" for entry in RULES}
    if files != indexed:
        named = ", ".join(sorted(files ^ indexed))
        warnings.warn(
            f"the index of rules does not match seqspec/core/linter/rules ({named}): run scripts/generate", stacklevel=2
        )


class Condition(NamedTuple):
    """The conditions of a `Requires`: the tables, and the other non-empty fields with their index in `SpecNames`."""

    tables: frozenset[str]
    fields: tuple[tuple[int, frozenset[str]], ...]

    def holds(self, spec_names: SpecNames) -> bool:
        """Whether a spec meets the conditions."""
        met = [not names.isdisjoint(spec_names[field]) for field, names in self.fields]
        return all(met) and self.tables <= spec_names.tables


def _condition(requires: Requires) -> Condition:
    fields = [(field, frozenset(names)) for field, names in enumerate(requires) if field and names]
    return Condition(frozenset(requires.tables), tuple(fields))


@cache
def _conditions() -> tuple[tuple[IndexedRule | Rule, tuple[Condition, ...]], ...]:
    """Every rule with its conditions, plugin rules last."""
    candidates: list[IndexedRule | Rule] = [*rules(), *rule_plugins()[0]]
    return tuple((rule, tuple(map(_condition, rule.alternatives))) for rule in candidates)


@cache
def _required() -> SpecNames:
    """All names that any rule requires."""
    alternatives = [condition for _, conditions in _conditions() for condition in conditions]
    required: list[set[str]] = [set() for _ in SpecNames._fields]
    for condition in alternatives:
        for field, names in ((0, condition.tables), *condition.fields):
            required[field].update(names)
    return SpecNames(*map(frozenset, required))


@lru_cache(maxsize=256)
def _applicable(spec_names: SpecNames) -> tuple[Rule, ...]:
    chosen = [
        rule for rule, conditions in _conditions() if any(condition.holds(spec_names) for condition in conditions)
    ]
    return tuple(map(_loaded, chosen))


def all_rules() -> tuple[Rule, ...]:
    """All rules, plugin rules last."""
    return tuple([_loaded(rule) for rule, _ in _conditions()])


def _loaded(rule: IndexedRule | Rule) -> Rule:
    return rule.rule if isinstance(rule, IndexedRule) else rule


def applicable(spec_names: SpecNames) -> tuple[Rule, ...]:
    """The rules that can have findings in a spec; the modules of the others are not imported.

    Specs of one project have similar contents, so the selection is cached per combination of required names.
    """
    return _applicable(SpecNames(*[names & required for names, required in zip(spec_names, _required())]))
