"""The registry of rules, and the selection of those that apply to a spec."""

from __future__ import annotations

import os
import warnings
from functools import cache, cached_property, lru_cache
from importlib import import_module
from typing import NamedTuple

from seqspec.core.catalog.plugins import rule_plugins
from seqspec.core.diagnostics.code import FAMILIES, Code, family
from seqspec.core.diagnostics.codes import REQUIRES, RULES
from seqspec.core.linter.rule import Requires, Rule
from seqspec.core.linter.traits import Traits

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
    """The conditions of a `Requires`: the tables, and the other non-empty fields with their index in `Traits`."""

    tables: frozenset[str]
    fields: tuple[tuple[int, frozenset[str]], ...]

    def holds(self, traits: Traits) -> bool:
        """Whether a spec meets the conditions."""
        met = [not names.isdisjoint(traits[field]) for field, names in self.fields]
        return all(met) and self.tables <= traits.tables


def _condition(requires: Requires) -> Condition:
    fields = [(field, frozenset(names)) for field, names in enumerate(requires) if field and names]
    return Condition(frozenset(requires.tables), tuple(fields))


@cache
def _conditions() -> tuple[tuple[IndexedRule | Rule, tuple[Condition, ...]], ...]:
    """Every rule with its conditions, plugin rules last."""
    candidates: list[IndexedRule | Rule] = [*rules(), *rule_plugins()[0]]
    return tuple((rule, tuple(map(_condition, rule.alternatives))) for rule in candidates)


@cache
def _required() -> Traits:
    """All names that any rule requires."""
    alternatives = [condition for _, conditions in _conditions() for condition in conditions]
    required: list[set[str]] = [set() for _ in Traits._fields]
    for condition in alternatives:
        for field, names in ((0, condition.tables), *condition.fields):
            required[field].update(names)
    return Traits(*map(frozenset, required))


@lru_cache(maxsize=256)
def _applicable(traits: Traits) -> tuple[Rule, ...]:
    chosen = [rule for rule, conditions in _conditions() if any(condition.holds(traits) for condition in conditions)]
    return tuple(map(_loaded, chosen))


def all_rules() -> tuple[Rule, ...]:
    """All rules, plugin rules last."""
    return tuple([_loaded(rule) for rule, _ in _conditions()])


def _loaded(rule: IndexedRule | Rule) -> Rule:
    return rule.rule if isinstance(rule, IndexedRule) else rule


def applicable(traits: Traits) -> tuple[Rule, ...]:
    """The rules that can have findings in a spec; the modules of the others are not imported.

    Specs of one project have similar contents, so the selection is cached per combination of required names.
    """
    return _applicable(Traits(*[names & required for names, required in zip(traits, _required())]))
