"""The candidates of a search space: what is chosen for each parameter, and the values that this sets in the spec."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from itertools import chain
from typing import NamedTuple

from seqspec.core.diagnostics.violation import Path, value_at
from seqspec.core.document.search import Choice, Distribution, Fixed, Items, Scalar, Space, Uniform
from seqspec.core.language.overrides import Override
from seqspec.core.search_space.conditions import Term

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

    def overrides(self, optional: Collection[str] = ()) -> list[Override]:
        """What it sets; `optional` are the layers that a candidate may not have."""
        return [
            Override.of(path, value, is_optional=layer_name(path) in optional) for path, value in self.values.items()
        ]


def layer_name(path: Path) -> str | None:
    """The name of the layer that a path of a space is in; None for an index, and elsewhere."""
    inner = path[1:] if path[:1] == ("model",) else path
    name = str(inner[1]) if inner[:1] == ("layers",) and len(inner) > 1 else "0"
    return None if name.lstrip("-").isdecimal() else name


def candidate(space: Space, pick: Pick) -> Candidate:
    """The candidate for what `pick` chooses; it is called for active parameters only, in the order of the document."""
    chosen: dict[str, Scalar] = {}

    def choose(parameter: Parameter) -> Scalar:
        chosen[parameter.name] = value = pick(parameter)
        return value

    values = {path: _value(distribution, ".".join(path), path, choose) for path, distribution in space.items()}
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
        (index, alternative)
        for index, alternative in enumerate(distribution.alternatives)
        if alternative.label == label
    )
    value = deepcopy(chosen.value)
    for inner, inner_distribution in chosen.inner.items():
        below = ".".join(map(str, inner))
        value_at(value, inner[:-1])[inner[-1]] = _value(
            inner_distribution, f"{name}[{label}].{below}", (*path, index, *inner), pick
        )
    return value


def parameters(space: Space) -> list[Parameter]:
    """All parameters that can be active, in the order of the document."""
    parameters_by_name: dict[str, Parameter] = {}
    for path, distribution in space.items():
        _collect(distribution, ".".join(path), path, parameters_by_name)
    return [*parameters_by_name.values()]


def _collect(distribution: Distribution, name: str, path: Path, parameters_by_name: dict[str, Parameter]) -> None:
    if isinstance(distribution, Uniform):
        parameters_by_name[name] = Parameter(name, distribution, path)
    elif isinstance(distribution, Items):
        parameters_by_name[f"{name}.length"] = Parameter(f"{name}.length", distribution.length, (*path, "length"))
        for index in range(int(distribution.length.max)):
            _collect(distribution.each, f"{name}[{index}]", (*path, "each"), parameters_by_name)
    elif isinstance(distribution, Choice):
        parameters_by_name[name] = Parameter(name, distribution, path)
        for index, alternative in enumerate(distribution.alternatives):
            for inner, inner_distribution in alternative.inner.items():
                below = ".".join(map(str, inner))
                _collect(
                    inner_distribution,
                    f"{name}[{alternative.label}].{below}",
                    (*path, index, *inner),
                    parameters_by_name,
                )


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
        sample = candidate(space, pick)
        if all(term.holds(sample.chosen) for term in terms) and not (without and without.holds(sample.chosen)):
            return sample
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
