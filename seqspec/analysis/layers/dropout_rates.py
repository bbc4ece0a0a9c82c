"""All dropout rates of a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from seqspec.analysis.flow import Flow
from seqspec.analysis.layer_report import LayerReport
from seqspec.catalog.keras_object import given_arguments


class DropoutRate(NamedTuple):
    """A layer argument that is a dropout rate."""

    entry: LayerReport
    argument: str
    rate: float


def find_dropout_rates(flow: Flow) -> list[DropoutRate]:
    """The explicit rates above 0, in layer order."""
    found: list[DropoutRate] = []
    dropping, recurrent = flow.indices_by_kind["dropout"], flow.indices_by_kind["recurrent"]
    for index in sorted(dropping + recurrent):
        step = flow[index]
        plain = step.kind == "dropout"
        names: tuple[str, ...] = ("rate",) if plain else ("dropout", "recurrent_dropout")
        for entry in (step.entry,) if plain else _with_cells(step.entry):
            given = given_arguments(entry.layer)
            found.extend(DropoutRate(entry, name, given[name]) for name in names if given.get(name))
    return found


def _with_cells(entry: LayerReport) -> Iterator[LayerReport]:
    """The layer and the layers or cells inside it."""
    yield entry
    for inner in entry.layers:
        yield from _with_cells(inner)
