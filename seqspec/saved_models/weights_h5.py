"""`.weights.h5` of Keras 3: where it keeps each array, and writing it.

The paths are by class and order, never by name: `layers/lstm/cell/vars/0`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from seqspec.core.api.catalog import InferenceContext, Layer, cast_input, own_weights_with_trainable
from seqspec.core.api.check import LayerReport
from seqspec.core.api.files import renamed
from seqspec.core.api.language import numbered
from seqspec.core.api.shapes import TensorSpec, WeightSpec
from seqspec.saved_models.layer_classes import group_of
from seqspec.saved_models.packages import h5py
from seqspec.saved_models.saved_model import Array


class Leaf(NamedTuple):
    """A layer with weights of its own: its group in the file, and its weights in the order of `layer.weights`.

    `stored` has the indices of those weights in the order of the file, `lora_scale` the factor of the
    product of the matrices of LoRA.
    """

    group: str
    kind: str
    name: str
    weights: Sequence[WeightSpec]
    stored: Sequence[int]
    lora_scale: float = 1.0

    def paths(self) -> Iterator[tuple[str, int]]:
        """The path of each stored weight in the file, and its index."""
        return ((f"{self.group}/vars/{number}", index) for number, index in enumerate(self.stored))


def leaves_of(layers: Sequence[LayerReport], env: InferenceContext) -> list[list[Leaf]]:
    """The leaves of each layer of a model."""
    counts: dict[str, int] = {}
    return [
        list(_leaves(entry.layer, entry.input, env, f"layers/{_group(entry.layer, counts)}", entry.name))
        for entry in layers
    ]


def _group(layer: Layer, counts: dict[str, int]) -> str:
    """The group of a layer in a list: the snake case of its class, numbered from the second one on."""
    return numbered(group_of(type(layer).__name__), counts)


def _leaves(layer: Layer, x: TensorSpec, env: InferenceContext, group: str, name: str) -> Iterator[Leaf]:
    x = cast_input(layer, x, env)
    inside = layer.sublayers(x, env)
    weights = list(own_weights_with_trainable(layer, x, env))
    stored = layer.stored_weights(weights)
    if stored or not inside:
        own_group = f"{group}/{layer.variables.attribute}" if layer.variables.attribute else group
        yield Leaf(own_group, type(layer).__name__, name, weights, stored, _lora_scale(layer))
    counts: dict[str, int] = {}
    for path, inner, inputs, attribute, _ in inside:
        place = attribute or str(path[0])
        shown = place
        if isinstance(path[-1], int):
            own = _group(inner, counts)
            place, shown = f"{place}/{own}", inner.name or own
        yield from _leaves(inner, inputs, env, f"{group}/{place}", f"{name}/{shown}")


def _lora_scale(layer: object) -> float:
    rank = getattr(layer, "lora_rank", None)
    alpha = getattr(layer, "lora_alpha", None)
    return alpha / rank if rank and alpha is not None else 1.0


def write_weights(arrays: Mapping[str, Array], target: str | os.PathLike[str]) -> None:
    """Writes arrays at their paths; an existing file is replaced only by a complete one."""
    with renamed(Path(target)) as partial, h5py.File(partial, "w") as file:
        for name, array in arrays.items():
            file.create_dataset(name, data=array)
