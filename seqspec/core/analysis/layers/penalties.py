"""The penalties that layers add to the loss, and their factors."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.core.analysis.layer_report import LayerReport, with_inner_layers
from seqspec.core.catalog.keras_object import given_arguments
from seqspec.core.catalog.layer import Layer
from seqspec.core.diagnostics.violation import Path

FACTORED = frozenset({"L1", "L2", "L1L2"})
"""The regularizers with factors."""


def regularizers_of(layer: Layer) -> dict[str, object]:
    """The regularizers that a layer is given, by argument."""
    given = given_arguments(layer)
    return {name: value for name, value in given.items() if name.endswith("_regularizer") and value is not None}


def first_penalty(layers: Sequence[LayerReport]) -> Path | None:
    """The path of the first penalty, inside wrappers too; None if Keras adds nothing to the loss."""
    for entry in with_inner_layers(layers):
        for name in regularizers_of(entry.layer):
            return (*entry.path, name)
        if entry.layer.penalty is not None:
            return (*entry.path, "type")
    return None


def factors_of(penalty: object) -> tuple[float, float]:
    """The L1 and L2 factors; zeros for other penalties."""
    if type(penalty).__name__ not in FACTORED:
        return 0.0, 0.0
    return getattr(penalty, "l1", 0.0) or 0.0, getattr(penalty, "l2", 0.0) or 0.0
