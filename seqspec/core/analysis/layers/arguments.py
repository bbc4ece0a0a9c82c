"""Layers with the values that rules compare: windows, dropout rates, penalties, strength of augmentation, ..."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any, NamedTuple

from seqspec.core.analysis.flow import Flow
from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.catalog.keras_object import given_argument, given_arguments
from seqspec.core.catalog.layer import Layer
from seqspec.core.catalog.traits import Composition
from seqspec.core.diagnostics.violation import Path
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


def normalized_together(entry: LayerReport) -> int | None:
    """How many values of one sample are centered together.

    None for a layer that does not center or also uses other samples of the batch, and if a size is unknown.
    """
    layer = entry.layer
    dims = entry.input.dims
    rank = len(dims)
    if entry.type == "LayerNormalization" and not layer.rms_scaling:
        axes = [layer.axis] if isinstance(layer.axis, int) else layer.axis
        if 0 in (axis % rank for axis in axes):
            return None
        sizes = [dims[axis] for axis in axes]
        share = 1
    elif entry.type == "GroupNormalization":
        channels, groups = dims[layer.axis], layer.groups
        if layer.axis % rank == 0:
            return None
        sizes = list(dims[1:])
        share = channels if groups == -1 and isinstance(channels, int) else groups
    else:
        return None
    known = [size for size in sizes if isinstance(size, int)]
    return prod(known) // share if share > 0 and len(known) == len(sizes) else None


def normalizes_channels(entry: LayerReport, channels_first: bool = False) -> bool:
    """Whether a batch normalization normalizes each channel of its input separately."""
    layer = entry.layer
    rank = len(entry.input.dims)
    return bool(layer.axis % rank == (1 if channels_first else rank - 1))


FACTORED = frozenset({"L1", "L2", "L1L2"})
"""The regularizers with factors."""


def regularizers_of(layer: Layer) -> dict[str, object]:
    """The regularizers that a layer is given, by argument."""
    given = given_arguments(layer)
    return {name: value for name, value in given.items() if name.endswith("_regularizer") and value is not None}


def updated_layers(layers: Sequence[LayerReport]) -> Iterator[LayerReport]:
    """The layers, and those inside them, whose variables training may update.

    Keras surprise: it checks the flag of each variable, and `trainable = false` on a layer that only contains other
    layers does not change the flags of their variables.
    """
    for entry in layers:
        if entry.layer.trainable or not entry.layer.variables.freeze:
            yield entry
            yield from updated_layers(entry.layers)


def variables_of_argument(entry: LayerReport, name: str) -> list[tuple[int, ...]]:
    """The shapes of the variables of a layer to which its regularizer or constraint `name` applies."""
    initializer = f"{name.rpartition('_')[0]}_initializer"
    return [shape for argument, shape, _ in entry.initialized_weights if argument == initializer]


def first_penalty(layers: Sequence[LayerReport]) -> Path | None:
    """The path of the first penalty, inside wrappers too; None if Keras adds nothing to the loss."""
    for entry in updated_layers(layers):
        for name in regularizers_of(entry.layer):
            if variables_of_argument(entry, name):
                return (*entry.path, name)
    for entry in _penalized_layers(layers):
        if entry.layer.penalty is not None:
            is_given = "activity_regularizer" in regularizers_of(entry.layer)
            return (*entry.path, "activity_regularizer" if is_given else "type")
    return None


def _penalized_layers(layers: Sequence[LayerReport], are_called: bool = True) -> Iterator[LayerReport]:
    """The layers, and those inside them, whose outputs Keras penalizes: those that it calls."""
    for entry in layers:
        if are_called:
            yield entry
        yield from _penalized_layers(entry.layers, "inner_call_only" not in entry.traits)


def factors_of(penalty: object) -> tuple[float, float]:
    """The L1 and L2 factors; zeros for other penalties."""
    if type(penalty).__name__ not in FACTORED:
        return 0.0, 0.0
    return getattr(penalty, "l1", 0.0) or 0.0, getattr(penalty, "l2", 0.0) or 0.0


def augmentation_layers(layers: Sequence[LayerReport]) -> list[tuple[int, LayerReport]]:
    """The augmentation layers with their indices in `layers`, including those inside a Pipeline."""
    indexed = []
    for index, entry in enumerate(layers):
        inner: Sequence[LayerReport] = entry.layers if entry.composition is Composition.PIPELINE else (entry,)
        indexed += [(index, layer) for layer in inner if "augmentation" in layer.traits]
    return indexed


def strength(value: Any) -> float:
    """The maximum magnitude of a factor, in either direction."""
    if value is None:
        return 0.0
    return max((abs(end) for end in value), default=0.0) if isinstance(value, (list, tuple)) else abs(value)
