"""The shortest conditions under which candidates are invalid."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import product
from operator import and_
from typing import NamedTuple

from seqspec.core.document.search import Scalar

CONFIRMING = 30
"""The further candidates of a condition that are checked."""
_ROUNDS = 100
_TERMS = 3
_WIDTH = 24
"""The number of conjunctions that are extended further."""


class Term(NamedTuple):
    """A comparison of one parameter; false where the parameter is not active."""

    name: str
    relation: str
    value: Scalar

    def holds(self, chosen: Mapping[str, Scalar]) -> bool:
        """Whether a candidate fulfils it."""
        choice = chosen.get(self.name)
        if choice is None or self.relation == "=":
            return choice == self.value
        assert not isinstance(choice, str) and not isinstance(self.value, str)
        return choice >= self.value if self.relation == "≥" else choice <= self.value

    def __str__(self) -> str:
        shown = f'"{self.value}"' if isinstance(self.value, str) else f"{self.value:g}"
        return f"{self.name} {self.relation} {shown}"


class Conjunction(NamedTuple):
    """A conjunction that holds for invalid candidates alone, and how many of them no condition before it covers."""

    terms: tuple[Term, ...]
    covered: int

    def holds(self, chosen: Mapping[str, Scalar]) -> bool:
        """Whether a candidate fulfils all of its terms."""
        return all(term.holds(chosen) for term in self.terms)

    def __str__(self) -> str:
        return " and ".join(map(str, self.terms))


class Probe(NamedTuple):
    """Further candidates that fulfil some terms: the first valid one, or how many invalid ones were drawn."""

    valid: Mapping[str, Scalar] | None
    invalid: int

    @property
    def confirms(self) -> bool:
        """Whether enough candidates were drawn, and all are invalid."""
        return self.valid is None and self.invalid >= CONFIRMING


Prober = Callable[[Sequence[Term], Term | None], Probe]
"""Draws candidates that fulfil all of the terms, and not the other one if there is one."""


def explain(
    invalid: Sequence[Mapping[str, Scalar]],
    valid: Sequence[Mapping[str, Scalar]],
    most: int = 5,
    prober: Prober | None = None,
) -> list[Conjunction]:
    """Conditions that cover the invalid candidates, and no valid one; each covers as many as possible of the rest.

    With a `prober`, each condition is confirmed by further candidates. A valid one refutes it, and a term is left out
    if they are invalid without it too.
    """
    conditions: list[Conjunction] = []
    sample = _Sample(invalid, valid)
    rest = (1 << len(invalid)) - 1
    for _ in range(_ROUNDS):
        if not rest or len(conditions) == most:
            break
        best = sample.best(rest)
        if best is None or best.covered < max(2, 0.02 * len(invalid)):
            break
        if prober is not None:
            probe, terms = sample.confirmed(best.terms, prober)
            if probe.valid is not None:
                sample.add(probe.valid)
                continue
            if not probe.confirms:
                break
            best = Conjunction(terms, (sample.invalid(terms) & rest).bit_count())
        conditions.append(best)
        rest &= ~sample.invalid(best.terms)
    return conditions


_Found = tuple[tuple[Term, ...], int, int]
"""The terms of a conjunction, and the invalid and the valid candidates for which it holds, each a bit."""


class _Sample:
    """The candidates for which each term holds: an integer with a bit for each candidate."""

    def __init__(self, invalid: Sequence[Mapping[str, Scalar]], valid: Sequence[Mapping[str, Scalar]]) -> None:
        self._count = len(valid)
        terms = [*_terms(invalid, valid)]
        self._invalid = {term: _bits(term, invalid) for term in terms}
        self._valid = {term: _bits(term, valid) for term in terms}

    def add(self, valid: Mapping[str, Scalar]) -> None:
        """Adds a valid candidate."""
        for term in self._valid:
            self._valid[term] |= term.holds(valid) << self._count
        self._count += 1

    def invalid(self, terms: Sequence[Term]) -> int:
        """The invalid candidates that fulfil all terms."""
        return reduce(and_, (self._invalid[term] for term in terms))

    def confirmed(self, terms: tuple[Term, ...], prober: Prober) -> tuple[Probe, tuple[Term, ...]]:
        """What further candidates say about a conjunction, and its terms without those that do not matter."""
        for term in terms:
            others = tuple(other for other in terms if other != term)
            if others and not reduce(and_, (self._valid[other] for other in others)) and prober(others, term).confirms:
                terms = others
        return prober(terms, None), terms

    def best(self, rest: int) -> Conjunction | None:
        """The conjunction of the fewest terms, then of the most candidates, among those that no valid one fulfils."""
        singles: list[_Found] = [
            ((term,), invalid & rest, self._valid[term]) for term, invalid in self._invalid.items() if invalid & rest
        ]
        level = singles
        best: Conjunction | None = None
        for _ in range(_TERMS):
            for terms, invalid, valid in level:
                # A further term must be worth a tenth of what is covered.
                gain = 1.0 if best is None or len(terms) == len(best.terms) else 1.1
                if not valid and (best is None or invalid.bit_count() > gain * best.covered):
                    best = Conjunction(terms, invalid.bit_count())
            level = [*_wider(level, singles, 0 if best is None else best.covered)]
        return best


def _wider(level: Sequence[_Found], singles: Sequence[_Found], least: int) -> Iterator[_Found]:
    """The best conjunctions with a further term each, that hold for more than `least` invalid candidates."""
    extended = [(terms, invalid, valid) for terms, invalid, valid in level if valid]
    extended.sort(key=_promise, reverse=True)
    seen: set[frozenset[Term]] = set()
    for (terms, invalid, valid), ((term,), more, same) in product(extended[:_WIDTH], singles):
        if term in terms or any(term.name == other.name and "=" in (term.relation, other.relation) for other in terms):
            continue
        both, joined = invalid & more, frozenset((*terms, term))
        if both.bit_count() > least and joined not in seen:
            seen.add(joined)
            yield (*terms, term), both, valid & same


def _promise(groups: _Found) -> float:
    """The number of invalid candidates for which a conjunction holds, times their share."""
    invalid, valid = groups[1].bit_count(), groups[2].bit_count()
    return invalid * invalid / (invalid + valid)


def _bits(term: Term, candidates: Sequence[Mapping[str, Scalar]]) -> int:
    return sum(1 << index for index, candidate in enumerate(candidates) if term.holds(candidate))


def _terms(invalid: Sequence[Mapping[str, Scalar]], valid: Sequence[Mapping[str, Scalar]]) -> Iterator[Term]:
    seen, rejected = _values([*invalid, *valid]), _values(invalid)
    possible = _values(valid)
    for name, values in seen.items():
        if any(isinstance(value, str) for value in values):
            yield from (Term(name, "=", value) for value in sorted(map(str, values)))
            continue
        ordered = _numbers(values)
        # Of many values, quantiles.
        shown = ordered if len(ordered) <= 16 else [ordered[len(ordered) * part // 16] for part in range(1, 16)]
        for value in shown:
            yield Term(name, "≥", value)
            yield Term(name, "≤", value)
            if len(ordered) <= 16:
                yield Term(name, "=", value)
        if len(ordered) > 16 and (numbers := _numbers(possible.get(name, ()))):
            # The values nearest to the valid ones.
            above = [value for value in _numbers(rejected.get(name, ())) if value > numbers[-1]]
            below = [value for value in _numbers(rejected.get(name, ())) if value < numbers[0]]
            yield from (Term(name, "≥", value) for value in above[:1])
            yield from (Term(name, "≤", value) for value in below[-1:])


def _values(candidates: Sequence[Mapping[str, Scalar]]) -> dict[str, set[Scalar]]:
    values_by_name: dict[str, set[Scalar]] = {}
    for candidate in candidates:
        for name, value in candidate.items():
            values_by_name.setdefault(name, set()).add(value)
    return values_by_name


def _numbers(values: Iterable[Scalar]) -> list[int | float]:
    return sorted(value for value in values if not isinstance(value, str))
