"""The candidates of a search space: what is chosen for each parameter, and the values that this sets in the spec."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import reduce
from itertools import chain, product
from operator import and_
from typing import NamedTuple

from seqspec.core.diagnostics.notation import TOML
from seqspec.core.diagnostics.violation import Path, value_at
from seqspec.core.document.search import Choice, Distribution, Fixed, Items, Scalar, Space, Uniform
from seqspec.core.language.overrides import OfLayer
from seqspec.core.syntax.toml_lexis import bare_key

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
) -> list[Condition]:
    """Conditions that cover the invalid candidates, and no valid one; each covers as many as possible of the rest.

    With a `prober`, each condition is confirmed by further candidates. A valid one refutes it, and a term is left out
    if they are invalid without it too.
    """
    conditions: list[Condition] = []
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
            best = Condition(terms, (sample.invalid(terms) & rest).bit_count())
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

    def best(self, rest: int) -> Condition | None:
        """The conjunction of the fewest terms, then of the most candidates, among those that no valid one fulfils."""
        singles: list[_Found] = [
            ((term,), invalid & rest, self._valid[term]) for term, invalid in self._invalid.items() if invalid & rest
        ]
        level = singles
        best: Condition | None = None
        for _ in range(_TERMS):
            for terms, invalid, valid in level:
                # A further term must be worth a tenth of what is covered.
                gain = 1.0 if best is None or len(terms) == len(best.terms) else 1.1
                if not valid and (best is None or invalid.bit_count() > gain * best.covered):
                    best = Condition(terms, invalid.bit_count())
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


def _promise(found: _Found) -> float:
    """The number of invalid candidates for which a conjunction holds, times their share."""
    invalid, valid = found[1].bit_count(), found[2].bit_count()
    return invalid * invalid / (invalid + valid)


def _bits(term: Term, candidates: Sequence[Mapping[str, Scalar]]) -> int:
    return sum(1 << index for index, each in enumerate(candidates) if term.holds(each))


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
    found: dict[str, set[Scalar]] = {}
    for candidate in candidates:
        for name, value in candidate.items():
            found.setdefault(name, set()).add(value)
    return found


def _numbers(values: Iterable[Scalar]) -> list[int | float]:
    return sorted(value for value in values if not isinstance(value, str))


_ATTEMPTS = 200
Pick = Callable[["Parameter"], Scalar]
"""Chooses a value for a parameter that is active."""


class Parameter(NamedTuple):
    """A number or an alternative that is chosen.

    Attributes:
        name: Its name, such as `compile.optimizer[SGD].momentum` or `vars.widths[0]`; the same in all candidates.
        distribution: What it is chosen from.
        path: The path of its distribution in `[search.space]`.
    """

    name: str
    distribution: Uniform | Choice
    path: Path

    @property
    def size(self) -> int | None:
        """The number of values; None for floats without a step."""
        if isinstance(self.distribution, Choice):
            return len(self.distribution.alternatives)
        return self.distribution.count

    def value(self, index: int) -> Scalar:
        """The value with an index below `size`."""
        if isinstance(self.distribution, Choice):
            return self.distribution.alternatives[index].label
        return self.distribution.min + index * (self.distribution.step or 1)

    @property
    def ends(self) -> Sequence[Scalar]:
        """The lowest and the highest value, or all alternatives."""
        if isinstance(self.distribution, Choice):
            return [alternative.label for alternative in self.distribution.alternatives]
        return [self.distribution.min, self.distribution.max]


class Candidate(NamedTuple):
    """The values of the active parameters by name, and what they set in the spec by path."""

    chosen: Mapping[str, Scalar]
    values: Mapping[tuple[str, ...], object]

    def settings(self, optional: Collection[str] = ()) -> list[str]:
        """What it sets, in the syntax of `--set`; `optional` are the layers that a candidate may not have."""
        found = []
        for path, value in self.values.items():
            setting = f"{'.'.join(map(_key, path))}={TOML.value(value)}"
            found.append(OfLayer(setting) if layer_name(path) in optional else setting)
        return found


def layer_name(path: Path) -> str | None:
    """The name of the layer that a path of a space is in; None for an index, and elsewhere."""
    inner = path[1:] if path[:1] == ("model",) else path
    name = str(inner[1]) if inner[:1] == ("layers",) and len(inner) > 1 else "0"
    return None if name.lstrip("-").isdecimal() else name


def _key(name: str) -> str:
    match = bare_key(name)
    return name if match is not None and match.end() == len(name) else TOML.value(name)


def candidate(space: Space, pick: Pick) -> Candidate:
    """The candidate for what `pick` chooses; it is called for active parameters only, in the order of the document."""
    chosen: dict[str, Scalar] = {}

    def choose(parameter: Parameter) -> Scalar:
        chosen[parameter.name] = value = pick(parameter)
        return value

    values = {path: _value(found, ".".join(path), path, choose) for path, found in space.items()}
    return Candidate(chosen, values)


def _value(distribution: Distribution, name: str, path: Path, pick: Pick) -> object:
    if isinstance(distribution, Uniform):
        return pick(Parameter(name, distribution, path))
    if isinstance(distribution, Fixed):
        return distribution.value
    if isinstance(distribution, Items):
        length = pick(Parameter(f"{name}.length", distribution.length, (*path, "length")))
        assert isinstance(length, int)
        return [_value(distribution.each, f"{name}[{index}]", (*path, "each"), pick) for index in range(length)]
    label = pick(Parameter(name, distribution, path))
    index, chosen = next(
        (index, each) for index, each in enumerate(distribution.alternatives) if each.label == label
    )  # fmt: skip
    value = deepcopy(chosen.value)
    for inner, found in chosen.inner.items():
        below = ".".join(map(str, inner))
        value_at(value, inner[:-1])[inner[-1]] = _value(found, f"{name}[{label}].{below}", (*path, index, *inner), pick)
    return value


def parameters(space: Space) -> list[Parameter]:
    """All parameters that can be active, in the order of the document."""
    found: dict[str, Parameter] = {}
    for path, distribution in space.items():
        _collect(distribution, ".".join(path), path, found)
    return [*found.values()]


def _collect(distribution: Distribution, name: str, path: Path, found: dict[str, Parameter]) -> None:
    if isinstance(distribution, Uniform):
        found[name] = Parameter(name, distribution, path)
    elif isinstance(distribution, Items):
        found[f"{name}.length"] = Parameter(f"{name}.length", distribution.length, (*path, "length"))
        for index in range(int(distribution.length.max)):
            _collect(distribution.each, f"{name}[{index}]", (*path, "each"), found)
    elif isinstance(distribution, Choice):
        found[name] = Parameter(name, distribution, path)
        for index, alternative in enumerate(distribution.alternatives):
            for inner, each in alternative.inner.items():
                below = ".".join(map(str, inner))
                _collect(each, f"{name}[{alternative.label}].{below}", (*path, index, *inner), found)


def drawn(space: Space, generator: random.Random) -> Candidate:
    """A candidate drawn from the distributions."""
    return candidate(space, lambda parameter: _draw(parameter, generator))


def drawn_under(
    space: Space, terms: Sequence[Term], without: Term | None, like: Mapping[str, Scalar], generator: random.Random
) -> Candidate | None:
    """A candidate that fulfils all of the terms and not the other one; None if it was not found in some attempts.

    Where possible its values are those of `like`, or the nearest that fulfil the terms.
    """

    def pick(parameter: Parameter) -> Scalar:
        name = parameter.name
        needed = (activating(parameter, term.name) for term in terms)
        own = [*(term for term in terms if term.name == name), *filter(None, needed)]
        values = (_draw(parameter, generator) for _ in range(_ATTEMPTS))
        known = [like[name]] if name in like else []
        bounds = [term.value for term in own] if like else []
        fits = (value for value in chain(known, bounds, values) if all(term.holds({name: value}) for term in own))
        return next(fits, parameter.ends[0])

    for _ in range(_ATTEMPTS):
        found = candidate(space, pick)
        if all(term.holds(found.chosen) for term in terms) and not (without and without.holds(found.chosen)):
            return found
        like = {}
    return None


def activating(parameter: Parameter, name: str) -> Term | None:
    """What a parameter must be for the one with that name to be active; None if that does not depend on it."""
    stem = parameter.name.removesuffix(".length")
    if not name.startswith(f"{stem}["):
        return None
    label = name[len(stem) + 1 :].partition("]")[0]
    if stem != parameter.name:
        return Term(parameter.name, "≥", int(label) + 1) if label.isdecimal() else None
    return Term(parameter.name, "=", next(end for end in parameter.ends if str(end) == label))


def _draw(parameter: Parameter, generator: random.Random) -> Scalar:
    distribution = parameter.distribution
    if isinstance(distribution, Choice):
        return generator.choice(distribution.alternatives).label
    low, high = distribution.min, distribution.max
    if distribution.log:
        # Integers get the share of the range that is rounded to them, as in Optuna.
        margin = 0.5 if distribution.is_integer else 0.0
        value = math.exp(generator.uniform(math.log(low - margin), math.log(high + margin)))
        return min(max(round(value), int(low)), int(high)) if distribution.is_integer else min(max(value, low), high)
    count = distribution.count
    if count is None:
        return generator.uniform(low, high)
    return parameter.value(generator.randrange(count))


def enumerated(space: Space, static: frozenset[str], most: int) -> list[Candidate] | None:
    """Every combination of the values of the parameters `static`, the others at their first value.

    None if there are more than `most`, or if one of `static` has infinitely many values.
    """
    candidates: list[Candidate] = []
    for combination in _combinations(space, static):
        if combination is None or len(candidates) == most:
            return None
        candidates.append(combination)
    return candidates


def _combinations(space: Space, static: frozenset[str]) -> Iterator[Candidate | None]:
    """The combinations in order; None, and the end, for infinitely many."""
    places: list[int] = []
    while True:
        sizes: list[int] = []

        def pick(parameter: Parameter, sizes: list[int] = sizes) -> Scalar:
            if parameter.name not in static:
                return parameter.ends[0]
            size = parameter.size
            if size is None:
                raise OverflowError
            if len(sizes) == len(places):
                places.append(0)
            sizes.append(size)
            return parameter.value(places[len(sizes) - 1])

        try:
            yield candidate(space, pick)
        except OverflowError:
            yield None
            return
        del places[len(sizes) :]
        while places and places[-1] + 1 == sizes[len(places) - 1]:
            places.pop()
        if not places:
            return
        places[-1] += 1
