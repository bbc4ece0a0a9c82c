"""Which rules there are, and which of them have something to say about a document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache, partial
from importlib import import_module

from seqspec.analysis.facts import Facts
from seqspec.config.plugins import rule_plugins
from seqspec.diagnostics.code import Code, family
from seqspec.diagnostics.codes import CODES
from seqspec.diagnostics.violation import Violation

AREAS = {
    "3": "head",
    "4": "architecture",
    "5": "training",
    "6": "data",
    "7": "cost",
    "8": "portability",
}
"""The folder of a rule by the first digit of its code; families without one belong to the language."""

Check = Callable[[Facts], Iterable[Violation]]


class Rule:
    """A rule of another package, as the value of an entry point `seqspec.rules`.

    Args:
        code: Its code, name, severity, summary, and what a document must have for it to be asked.
        check: Finds what the rule is about in the facts of a document.
        doc: The rule explained, under the headings of `seqspec.linter.explain.HEADINGS`.
    """

    def __init__(self, code: Code, check: Check, doc: str = "") -> None:
        self.code = code
        self._check = check
        self._doc = doc

    @property
    def needs(self) -> tuple[frozenset[str], ...]:
        """Alternatives, of each of which the document must have one; see `Facts.words`."""
        return tuple(frozenset(word.split("|")) for word in self.code.needs.split())

    @property
    def check(self) -> Check:
        """The function that finds what the rule is about."""
        return self._check

    @property
    def doc(self) -> str:
        """The rule explained, under fixed headings."""
        return self._doc


class OwnRule(Rule):
    """A rule of seqspec's own, whose module is imported when it is first asked."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.module = f"seqspec.linter.rules.{AREAS[family(code.code)]}.{code.name.replace('-', '_')}"

    @property
    def check(self) -> Check:
        found: Check = import_module(self.module).check
        return found

    @property
    def doc(self) -> str:
        return import_module(self.module).__doc__ or ""


@cache
def rules() -> tuple[OwnRule, ...]:
    """Every rule of seqspec's own that judges a document which Keras would take, by code."""
    return tuple(OwnRule(code) for code in CODES.values() if family(code.code) in AREAS)


@cache
def _needed() -> frozenset[str]:
    """The words that any rule needs."""
    needs = [rule.needs for rule in (*rules(), *rule_plugins()[0])]
    return frozenset().union(*(alternatives for words in needs for alternatives in words))


@lru_cache(maxsize=256)
def _applicable(words: frozenset[str]) -> tuple[tuple[Rule, Check], ...]:
    """Documents of one project have mostly the same words, so what they need is worked out once."""
    return tuple(
        (rule, rule.check if isinstance(rule, OwnRule) else partial(_guarded, rule))
        for rule in (*rules(), *rule_plugins()[0])
        if all(not words.isdisjoint(alternatives) for alternatives in rule.needs)
    )


def _guarded(rule: Rule, facts: Facts) -> Iterator[Violation]:
    """What a rule of another package finds, and what goes wrong in it."""
    try:
        found = list(rule.check(facts))
        if not all(isinstance(violation, Violation) and violation.rule == rule.code.name for violation in found):
            raise TypeError(f"a rule gives problems of its own name, {rule.code.name}")
    except Exception as error:
        message = f"the rule {rule.code.code} {rule.code.name} failed: {type(error).__name__}: {str(error)[:200]}"
        yield Violation("plugin-fault", message, help="tell those who made the package that it belongs to")
    else:
        yield from found


def applicable(facts: Facts) -> tuple[tuple[Rule, Check], ...]:
    """The rules that can say something about a document; the modules of the others are not even imported."""
    return _applicable(facts.words & _needed())
