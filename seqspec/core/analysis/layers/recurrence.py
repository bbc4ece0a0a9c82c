"""The recurrent layers of a model, including those inside Bidirectional."""

from __future__ import annotations

from typing import NamedTuple

from seqspec.core.analysis.flow import Flow
from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.catalog.traits import Composition
from seqspec.core.shapes.tensor import Size


class Recurrence(NamedTuple):
    """A recurrent layer, the activation of its state, and its number of time steps."""

    entry: LayerReport
    activation: str | None
    steps: Size


def find_recurrences(flow: Flow) -> list[Recurrence]:
    """LSTM, GRU, SimpleRNN and their convolutional variants, in layer order."""
    recurrences: list[Recurrence] = []
    for index in flow.indices_by_kind["recurrent"]:
        step = flow[index]
        # The backward layer is a copy of the forward one, or similar.
        inner = step.entry.layers[:1] if step.entry.composition is Composition.JOINED else [step.entry]
        for entry in inner:
            if entry.composition is not Composition.CELLS and entry.input.rank > 2:
                recurrences.append(Recurrence(entry, entry.activation, entry.input.dims[1]))
    return recurrences
