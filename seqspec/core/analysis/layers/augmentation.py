"""Layers that augment images at random during training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.catalog.traits import Composition


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
