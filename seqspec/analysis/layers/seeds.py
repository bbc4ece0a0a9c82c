"""Where a spec sets seeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from seqspec.analysis.layer_report import LayerReport
from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.keras_object import given_arguments
from seqspec.diagnostics.violation import Path


class SeedUse(NamedTuple):
    """A seed, its path, and what it determines: two with the same `what` produce the same random numbers."""

    seed: int
    path: Path
    what: tuple[Any, ...]
    entry: LayerReport


def find_seeds(layers: Sequence[LayerReport], env: InferenceContext) -> list[SeedUse]:
    """The seeds of layers and their initializers."""
    found: list[SeedUse] = []
    for entry in layers:
        given = given_arguments(entry.layer)
        seeds = [one for one in given.values() if getattr(one, "seed", None) is not None]
        if seeds or "seed" in given or entry.layers:
            found += _inside(entry, env)
    return found


def _inside(entry: LayerReport, env: InferenceContext) -> Iterator[SeedUse]:
    layer: Any = entry.layer
    given = given_arguments(layer)
    seed = given.get("seed")
    if isinstance(seed, int):
        yield SeedUse(seed, (*entry.path, "seed"), ("layer", entry.type, entry.input.dims), entry)
    seeded = {
        key for key in given if key.endswith("_initializer") and isinstance(getattr(given[key], "seed", None), int)
    }
    if seeded:
        for argument, shape, _ in layer.initialized(entry.input, env):
            if argument in seeded:
                made = given[argument]
                what = ("weights", type(made).__name__, tuple(sorted(map(repr, given_arguments(made).items()))), shape)
                yield SeedUse(made.seed, (*entry.path, argument), what, entry)
    for inner in entry.layers:
        yield from _inside(inner, env)


def repeated_seeds(seeds: Sequence[SeedUse]) -> list[tuple[SeedUse, SeedUse]]:
    """Seeds that produce the same numbers as an earlier one, each with that one."""
    first: dict[tuple[object, ...], SeedUse] = {}
    found = []
    for seeded in seeds:
        key = (seeded.seed, "images" if "augmentation" in seeded.entry.traits else seeded.what)
        other = first.setdefault(key, seeded)
        if other is not seeded:
            found.append((seeded, other))
    return found
