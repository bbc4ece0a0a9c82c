"""The recurrent layers of a model, those inside Bidirectional too."""

from __future__ import annotations

from typing import NamedTuple

from seqspec.analysis.flow import Flow
from seqspec.analysis.layer_report import LayerReport
from seqspec.shapes.dims import Size


class Recurrence(NamedTuple):
    """A recurrent layer, the activation of its state, and the number of steps it takes."""

    entry: LayerReport
    activation: str | None
    steps: Size


def find_recurrences(flow: Flow) -> list[Recurrence]:
    """LSTM, GRU, SimpleRNN and their convolutional kin, in the order of the layers."""
    found: list[Recurrence] = []
    for index in flow.indices_by_kind["recurrent"]:
        step = flow[index]
        # The backward layer is a copy of the other one, or much like it.
        inner = step.entry.layers[:1] if step.entry.type == "Bidirectional" else [step.entry]
        for entry in inner:
            if entry.type != "RNN" and entry.input.rank > 2:
                found.append(Recurrence(entry, entry.activation, entry.input.dims[1]))
    return found
