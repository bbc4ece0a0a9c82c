"""Layers with the values that rules compare: windows, dropout rates, recurrences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from seqspec.core.analysis.flow import Flow
from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.catalog.keras_object import given_argument
from seqspec.core.catalog.traits import Composition
from seqspec.core.shapes.arrays import per_axis
from seqspec.core.shapes.tensor import Size


class Window(NamedTuple):
    """A convolution or pooling layer, its window, its strides and the spatial sizes of its input, axis by axis."""

    entry: LayerReport
    window: tuple[int, ...]
    strides: tuple[int, ...]
    sizes: tuple[Size, ...]


def find_windows(flow: Flow) -> list[Window]:
    """The layers with a window, except for transposed convolutions, which upsample."""
    windows: list[Window] = []
    for step in flow:
        entry = step.entry
        key = "kernel_size" if "convolution" in entry.traits else "pool_size" if "pooling" in entry.traits else None
        if key is None:
            continue
        arguments = vars(entry.layer)
        window, strides = arguments.get(key), arguments.get("strides")
        if window is None:
            continue
        dims = entry.input.dims
        sizes = dims[2:] if arguments.get("data_format") == "channels_first" else dims[1:-1]
        window_sizes = per_axis(window, len(sizes))
        # Pooling layers without strides use the size of their window.
        windows.append(
            Window(entry, window_sizes, window_sizes if strides is None else per_axis(strides, len(sizes)), sizes)
        )
    return windows


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
