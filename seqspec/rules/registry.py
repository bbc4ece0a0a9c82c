"""Which rules there are, and which of them have something to say about a document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module
from typing import NamedTuple

from seqspec.analysis.known import Facts
from seqspec.diagnostics.codes import CODES, Code
from seqspec.diagnostics.problem import Problem

AREAS = {
    "3": "head",
    "4": "architecture",
    "5": "training",
    "6": "data",
    "7": "cost",
    "8": "portability",
}
"""The folder of a rule by the first digit of its code; families without one belong to the language."""

Check = Callable[[Facts], Iterable[Problem]]


class Rule(NamedTuple):
    """One rule: `needs` lists alternatives, of each of which the document must have one (see `Facts.words`)."""

    code: Code
    needs: tuple[frozenset[str], ...]
    module: str

    @property
    def check(self) -> Check:
        """The function that finds what the rule is about."""
        found: Check = import_module(self.module).check
        return found

    @property
    def doc(self) -> str:
        """The rule explained, under fixed headings."""
        return import_module(self.module).__doc__ or ""


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule that judges a document which Keras would take, by code."""
    return tuple(
        Rule(code, tuple(frozenset(word.split("|")) for word in code.needs.split()), module_of(code))
        for code in CODES.values()
        if code.code[3] in AREAS
    )


def module_of(code: Code) -> str:
    """The module of a rule."""
    return f"seqspec.rules.{AREAS[code.code[3]]}.{code.name.replace('-', '_')}"


def applicable(facts: Facts) -> Iterator[Rule]:
    """The rules that can say something about a document; the modules of the others are not even imported."""
    words = facts.words
    for rule in rules():
        if all(not words.isdisjoint(alternatives) for alternatives in rule.needs):
            yield rule
