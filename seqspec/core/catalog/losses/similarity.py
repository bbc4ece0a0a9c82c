"""Losses of overlapping masks and of embeddings."""

from pydantic import Field

from seqspec.core.catalog.losses.base import Axes, Loss
from seqspec.core.catalog.types import Number


class Dice(Loss):
    """Dice loss: 1 minus the overlap of masks."""

    traits = frozenset({"overlap"})
    trailing = ("reduction", "name", "axis", "dtype")

    axis: Axes = Field(default=None, description="Axes over which the overlap is computed; by default all axes.")


class Tversky(Loss):
    """Tversky loss: 1 minus the overlap of masks, with weights for false positives and false negatives."""

    traits = frozenset({"overlap", "rare_classes"})
    trailing = ("reduction", "name", "axis", "dtype")

    alpha: Number = Field(default=0.5, description="Weight of false positives.")
    beta: Number = Field(default=0.5, description="Weight of false negatives.")
    axis: Axes = Field(default=None, description="Axes over which the overlap is computed; by default all axes.")


class Circle(Loss):
    """Circle loss for metric learning: pulls embeddings of the same class together and pushes others apart."""

    gamma: Number = Field(default=80.0, description="Scale.")
    margin: Number = Field(default=0.4, description="Margin between classes.")
    remove_diagonal: bool = Field(
        default=True, description="Whether to exclude the comparison of each sample with itself."
    )
