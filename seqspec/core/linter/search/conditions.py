"""The shortest conditions under which candidates are invalid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from seqspec.core.document.search import Scalar

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
        found = chosen.get(self.name)
        if found is None or self.relation == "=":
            return found == self.value
        assert not isinstance(found, str) and not isinstance(self.value, str)
        return found >= self.value if self.relation == "≥" else found <= self.value

    def __str__(self) -> str:
        shown = f'"{self.value}"' if isinstance(self.value, str) else f"{self.value:g}"
        return f"{self.name} {self.relation} {shown}"


class Condition(NamedTuple):
    """A conjunction that holds for invalid candidates alone, and how many of them no condition before it covers."""

    terms: tuple[Term, ...]
    covered: int

    def __str__(self) -> str:
        return " and ".join(map(str, self.terms))


def explain(
    invalid: Sequence[Mapping[str, Scalar]], valid: Sequence[Mapping[str, Scalar]], most: int = 5
) -> list[Condition]:
    """Conditions that cover the invalid candidates, and no valid one; each covers as many as possible of the rest."""
    found: list[Condition] = []
    rest = [*range(len(invalid))]
    held = {term: _Held(term, invalid, valid) for term in _terms([*invalid, *valid])}
    while rest and len(found) < most:
        best = _best(held, set(rest))
        if best is None or best.covered < max(2, 0.02 * len(invalid)):
            break
        found.append(best)
        covered = frozenset.intersection(*(held[term].invalid for term in best.terms))
        rest = [index for index in rest if index not in covered]
    return found


_Found = tuple[tuple[Term, ...], frozenset[int], frozenset[int]]
"""The terms of a conjunction, and the invalid and the valid candidates for which it holds."""


class _Held:
    """The candidates for which a term holds, by index."""

    def __init__(
        self, term: Term, invalid: Sequence[Mapping[str, Scalar]], valid: Sequence[Mapping[str, Scalar]]
    ) -> None:
        self.invalid = frozenset(index for index, each in enumerate(invalid) if term.holds(each))
        self.valid = frozenset(index for index, each in enumerate(valid) if term.holds(each))


def _terms(candidates: Sequence[Mapping[str, Scalar]]) -> Iterator[Term]:
    seen: dict[str, set[Scalar]] = {}
    for each in candidates:
        for name, value in each.items():
            seen.setdefault(name, set()).add(value)
    for name, values in seen.items():
        if any(isinstance(value, str) for value in values):
            yield from (Term(name, "=", value) for value in sorted(map(str, values)))
            continue
        ordered = sorted(value for value in values if not isinstance(value, str))
        # Of many values, quantiles.
        shown = ordered if len(ordered) <= 16 else [ordered[len(ordered) * part // 16] for part in range(1, 16)]
        for value in shown:
            yield Term(name, "≥", value)
            yield Term(name, "≤", value)
            if len(ordered) <= 16:
                yield Term(name, "=", value)


def _best(held: Mapping[Term, _Held], rest: set[int]) -> Condition | None:
    """The conjunction of the fewest terms, then of the most candidates, among those that no valid one fulfils."""
    singles: list[_Found] = [
        ((term,), each.invalid & rest, each.valid) for term, each in held.items() if each.invalid & rest
    ]
    level = singles
    best: Condition | None = None
    for _ in range(_TERMS):
        for terms, invalid, valid in level:
            # A further term must be worth a tenth of what is covered.
            gain = 1.0 if best is None or len(terms) == len(best.terms) else 1.1
            if not valid and (best is None or len(invalid) > gain * best.covered):
                best = Condition(terms, len(invalid))
        open_ = [each for each in level if each[2]]
        open_.sort(key=lambda each: len(each[1]) * (1 - len(each[2]) / (len(each[1]) + len(each[2]))), reverse=True)
        wider: dict[frozenset[Term], _Found] = {}
        for (terms, invalid, valid), (other, more, same) in (
            (a, b) for a in open_[:_WIDTH] for b in singles if b[0][0] not in a[0]
        ):
            if any(term.name == other[0].name and "=" in (term.relation, other[0].relation) for term in terms):
                continue
            joined = (*terms, *other)
            both = invalid & more
            if both and (best is None or len(both) > best.covered):
                wider[frozenset(joined)] = (joined, both, valid & same)
        level = [*wider.values()]
    return best
