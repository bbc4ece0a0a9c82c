"""Where masks are created, and where they are lost before they are used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.catalog.objects import CustomUse


class DroppedMask(NamedTuple):
    """The layer that creates a mask, the one that drops it, and a later one that would use it."""

    source: LayerReport
    entry: LayerReport
    user: LayerReport | None


def find_dropped_masks(chain: Sequence[LayerReport]) -> list[DroppedMask]:
    """The masks that a layer neither uses nor propagates; custom layers are assumed to use masks."""
    masks: list[DroppedMask] = []
    source: LayerReport | None = None
    for index, entry in enumerate(chain):
        incoming, outgoing = entry.input.mask is not None, entry.outputs[0].mask is not None
        if outgoing and not incoming:
            source = entry
        if (
            source is None
            or not incoming
            or outgoing
            or "mask_user" in entry.traits
            or isinstance(entry.layer, CustomUse)
        ):
            continue
        user = next((later for later in chain[index + 1 :] if "mask_user" in later.traits), None)
        masks.append(DroppedMask(source, entry, user))
    return masks


def find_unmasked_embedding(chain: Sequence[LayerReport]) -> tuple[LayerReport, LayerReport] | None:
    """An embedding of sequences of fixed length that creates no mask, and the layer after it that would use one."""
    for index, entry in enumerate(chain):
        if entry.type != "Embedding" or entry.outputs[0].mask is not None or entry.input.rank != 2:
            continue
        if not isinstance(entry.input.dims[1], int):
            return None
        for later in chain[index + 1 :]:
            if "mask_user" in later.traits:
                return entry, later
            if not later.layer.supports_masking:
                return None
    return None
