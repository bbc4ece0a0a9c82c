"""All dropout rates of a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from seqspec.core.analysis.flow import Flow
from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.catalog.keras_object import given_argument


class DropoutRate(NamedTuple):
    """A layer argument that is a dropout rate."""

    entry: LayerReport
    argument: str
    rate: float


def find_dropout_rates(flow: Flow) -> list[DropoutRate]:
    """The explicit rates above 0, in layer order."""
    rates: list[DropoutRate] = []
    dropping, recurrent = flow.indices_by_kind["dropout"], flow.indices_by_kind["recurrent"]
    for index in sorted(dropping + recurrent):
        step = flow[index]
        plain = step.kind == "dropout"
        names: tuple[str, ...] = ("rate",) if plain else ("dropout", "recurrent_dropout")
        for entry in (step.entry,) if plain else _with_cells(step.entry):
            for name in names:
                rate = given_argument(entry.layer, name)
                if rate:
                    rates.append(DropoutRate(entry, name, rate))
    return rates


def _with_cells(entry: LayerReport) -> Iterator[LayerReport]:
    """The layer and the layers or cells inside it."""
    yield entry
    for inner in entry.layers:
        yield from _with_cells(inner)
