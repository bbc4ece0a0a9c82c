"""Where a spec sets seeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.catalog.keras_object import given_arguments
from seqspec.core.catalog.layer import InferenceContext
from seqspec.core.diagnostics.violation import Path


class SeedUse(NamedTuple):
    """A seed, its path, and what it determines: two with the same `recipe` produce the same random numbers."""

    seed: int
    path: Path
    recipe: tuple[object, ...]
    entry: LayerReport


def find_seeds(layers: Sequence[LayerReport], env: InferenceContext) -> list[SeedUse]:
    """The seeds of layers and their initializers."""
    uses: list[SeedUse] = []
    for entry in layers:
        given = given_arguments(entry.layer)
        seeds = [argument for argument in given.values() if getattr(argument, "seed", None) is not None]
        if seeds or "seed" in given or entry.layers:
            uses += _inside(entry, env)
    return uses


def _inside(entry: LayerReport, env: InferenceContext) -> Iterator[SeedUse]:
    layer = entry.layer
    given = given_arguments(layer)
    seed = given.get("seed")
    if isinstance(seed, int):
        yield SeedUse(seed, (*entry.path, "seed"), ("layer", entry.type, entry.input.dims), entry)
    seeded = {
        key for key in given if key.endswith("_initializer") and isinstance(getattr(given[key], "seed", None), int)
    }
    if seeded:
        for argument, shape, _ in layer.initialized_variables(entry.input, env):
            if argument in seeded:
                initializer = given[argument]
                recipe = (
                    "weights",
                    type(initializer).__name__,
                    tuple(sorted(map(repr, given_arguments(initializer).items()))),
                    shape,
                )
                yield SeedUse(initializer.seed, (*entry.path, argument), recipe, entry)
    for inner in entry.layers:
        yield from _inside(inner, env)


def repeated_seeds(seeds: Sequence[SeedUse]) -> list[tuple[SeedUse, SeedUse]]:
    """Seeds that produce the same numbers as an earlier one, each with that one."""
    first: dict[tuple[object, ...], SeedUse] = {}
    pairs = []
    for seeded in seeds:
        key = (seeded.seed, "images" if "augmentation" in seeded.entry.traits else seeded.recipe)
        other = first.setdefault(key, seeded)
        if other is not seeded:
            pairs.append((seeded, other))
    return pairs
