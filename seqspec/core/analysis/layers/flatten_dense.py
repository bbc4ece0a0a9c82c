"""Dense layers on flattened feature maps."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from seqspec.core.analysis.layer_report import LayerReport

_BETWEEN = frozenset({"dropout", "norm", "activation"})


class FlattenDense(NamedTuple):
    """A Flatten layer and the Dense layer after it, with `weights` weights; `base` is the base model before it, if any.

    `channels` is the number of features after global pooling instead.
    """

    flatten: LayerReport
    dense: LayerReport
    base: LayerReport | None
    channels: int
    weights: int


def find_flatten_dense(layers: Sequence[LayerReport]) -> list[FlattenDense]:
    """The pairs of Flatten and Dense in a stack, for feature maps with at least two axes."""
    pairs = []
    for index, entry in enumerate(layers):
        if entry.type != "Flatten":
            continue
        sizes = [size for size in entry.input.sample if isinstance(size, int)]
        if len(sizes) != len(entry.input.sample) or len(sizes) < 2 or prod(sizes[:-1]) < 2:
            continue
        dense = next((other for other in layers[index + 1 :] if other.role not in _BETWEEN), None)
        if dense is None or dense.type != "Dense":
            continue
        before = next((other for other in reversed(layers[:index]) if other.role not in _BETWEEN), None)
        base = before if before is not None and "base_model" in before.traits else None
        pairs.append(FlattenDense(entry, dense, base, sizes[-1], dense.params))
    return pairs
