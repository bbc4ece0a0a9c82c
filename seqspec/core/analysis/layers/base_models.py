"""Base models (`keras.applications`) in a Sequential model, and the layers around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, cast

from seqspec.core.analysis.layer_report import LayerReport

if TYPE_CHECKING:
    from seqspec.core.catalog.applications.application import Application


class BaseModelUse(NamedTuple):
    """A base model with the layers before and after it, in order of computation."""

    entry: LayerReport
    model: Application
    before: Sequence[LayerReport]
    after: Sequence[LayerReport]

    @property
    def pretrained(self) -> bool:
        """Whether it has pretrained weights."""
        return self.model.pretrained is not None

    @property
    def frozen(self) -> bool:
        """Whether training changes none of its weights."""
        return self.entry.trained_params == 0


def find_base_models(layers: Sequence[LayerReport]) -> list[BaseModelUse]:
    """The base models of a Sequential model."""
    return [
        BaseModelUse(entry, cast("Application", entry.layer), layers[:index], layers[index + 1 :])
        for index, entry in enumerate(layers)
        if "base_model" in entry.traits
    ]
