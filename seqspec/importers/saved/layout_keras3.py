"""Where Keras 3 keeps each array in `.weights.h5`: `layers/lstm/cell/vars/0`, by class and order, never by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.layer import Layer
from seqspec.language.names import numbered, snake_case
from seqspec.shapes.tensor import TensorSpec, WeightSpec

_CELL_INSIDE = ("LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")


class Placed(Protocol):
    """A layer of a model with its input, as an analysis reports it."""

    @property
    def layer(self) -> Any: ...

    @property
    def input(self) -> Any: ...

    @property
    def name(self) -> str: ...

    @property
    def weights(self) -> Sequence[WeightSpec]: ...


class Leaf(NamedTuple):
    """A layer with weights of its own: its group in the file, and its weights in the order of `layer.weights`.

    `stored` has the places of those weights in the order in which the file numbers them, `lora_scale` the factor of the
    product of the matrices of LoRA.
    """

    group: str
    kind: str
    name: str
    weights: Sequence[WeightSpec]
    stored: Sequence[int]
    lora_scale: float = 1.0


def leaves_of(placed: Sequence[Placed], env: InferenceContext) -> list[list[Leaf]]:
    """The leaves of each layer of a model."""
    names = _Names()
    return [
        list(
            _leaves(entry.layer, entry.layer.cast(entry.input, env), env, f"layers/{names.of(entry.layer)}", entry.name)
        )
        for entry in placed
    ]


class _Names:
    """Names of layers in a list: the snake case of the class, numbered from the second one on."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def of(self, layer: Layer) -> str:
        return numbered(snake_case(type(layer).__name__), self._counts)


def _leaves(layer: Layer, x: TensorSpec, env: InferenceContext, group: str, name: str) -> Iterator[Leaf]:
    kind = type(layer).__name__
    if kind in ("Sequential", "Pipeline"):
        names = _Names()
        for _, inner, inputs in layer.sublayers(x, env):
            own = names.of(inner)
            yield from _leaves(
                inner, inner.cast(inputs, env), env, f"{group}/layers/{own}", f"{name}/{inner.name or own}"
            )
        return
    if kind == "Bidirectional":
        parts = ("forward_layer", "backward_layer")
        for part, (_, inner, inputs) in zip(parts, layer.sublayers(x, env)):
            yield from _leaves(inner, inputs, env, f"{group}/{part}", f"{name}/{part}")
        return
    if kind == "TimeDistributed":
        inner, inputs = layer.sublayers(x, env)[0][1:]
        yield from _leaves(inner, inputs, env, f"{group}/layer", f"{name}/layer")
        return
    if kind == "SpectralNormalization":
        yield from _spectral(layer, x, env, group, name)
        return
    if kind in ("RNN", "StackedRNNCells"):
        yield from _cells(layer, x, env, group, name)
        return
    own_group = f"{group}/cell" if kind in _CELL_INSIDE else group
    weights = list(layer.own_weights_as_flagged(x, env))
    yield Leaf(own_group, kind, name, weights, _numbered(weights), _lora_scale(layer))


def _lora_scale(layer: object) -> float:
    rank = getattr(layer, "lora_rank", None)
    alpha = getattr(layer, "lora_alpha", None)
    return alpha / rank if rank and alpha else 1.0


def _numbered(weights: Sequence[WeightSpec]) -> list[int]:
    """The weights in the order of the file: those of LoRA are merged into the kernel."""
    return [index for index, weight in enumerate(weights) if not weight.name.startswith("lora_")]


def _cells(layer: Any, x: TensorSpec, env: InferenceContext, group: str, name: str) -> Iterator[Leaf]:
    parts = layer.sublayers(x, env)
    if type(layer).__name__ == "RNN":
        group = f"{group}/cell"
        if not isinstance(layer.cell, list):
            _, inner, inputs = parts[0]
            yield from _leaves(inner, inputs, env, group, f"{name}/cell")
            return
    names = _Names()
    for _, inner, inputs in parts:
        own = names.of(inner)
        yield from _leaves(inner, inputs, env, f"{group}/cells/{own}", f"{name}/{own}")


def _spectral(layer: Any, x: TensorSpec, env: InferenceContext, group: str, name: str) -> Iterator[Leaf]:
    """The vector of the wrapper, and the kernel, which Keras stores at both places."""
    weights = list(layer.own_weights_as_flagged(x, env))
    own = [index for index, weight in enumerate(weights) if weight.name == "vector_u"]
    kernels = [index for index, weight in enumerate(weights) if weight.name in ("kernel", "embeddings")][:1]
    if any(weight.name.startswith("lora_") for weight in weights):
        kernels = []
    yield Leaf(group, "SpectralNormalization", name, weights, [*kernels, *own])
    inner, inputs = layer.sublayers(x, env)[0][1:]
    yield from _leaves(inner, inner.cast(inputs, env), env, f"{group}/layer", f"{name}/layer")
