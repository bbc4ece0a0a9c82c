"""Layers that augment images at random during training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqspec.analysis.layer_report import LayerReport
from seqspec.catalog.traits import Composition


def augmentation_layers(layers: Sequence[LayerReport]) -> list[tuple[int, LayerReport]]:
    """The augmentation layers with their indices in `layers`, including those inside a Pipeline."""
    found = []
    for index, entry in enumerate(layers):
        inner: Sequence[LayerReport] = entry.layers if entry.composition is Composition.PIPELINE else (entry,)
        found += [(index, one) for one in inner if "augmentation" in one.traits]
    return found


def strength(value: Any) -> float:
    """The largest magnitude that a factor allows, in either direction."""
    if value is None:
        return 0.0
    return max((abs(end) for end in value), default=0.0) if isinstance(value, (list, tuple)) else abs(value)
