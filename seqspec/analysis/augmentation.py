"""The layers that change images at random while training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqspec.analysis.layer_report import LayerReport
from seqspec.catalog.index import AUGMENTATION


def augmentation_layers(layers: Sequence[LayerReport]) -> list[tuple[int, LayerReport]]:
    """The layers that change images at random, each with its index among `layers`, those in a Pipeline too."""
    found = []
    for index, entry in enumerate(layers):
        inner: Sequence[LayerReport] = entry.layers if entry.type == "Pipeline" else (entry,)
        found += [(index, one) for one in inner if one.type in AUGMENTATION]
    return found


def strength(value: Any) -> float:
    """The greatest change that a factor allows, whatever its direction."""
    if value is None:
        return 0.0
    return max((abs(end) for end in value), default=0.0) if isinstance(value, (list, tuple)) else abs(value)
