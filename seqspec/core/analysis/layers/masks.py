"""Where masks are created, and where they are lost before they are used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.catalog.objects import CustomUse

if TYPE_CHECKING:
    from seqspec.core.analysis.graph import GraphWalk


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


def find_dropped_masks_of_graph(walk: GraphWalk) -> list[DroppedMask]:
    """The masks that a layer of a graph drops, although a layer that only receives its output would use them."""
    masks: list[DroppedMask] = []
    for index, entry in enumerate(walk.by_call):
        if (
            entry is None
            or len(walk.graph.calls[index].inputs) > 1
            or entry.input.mask is None
            or entry.outputs[0].mask is not None
            or "mask_user" in entry.traits
            or entry.type == "Sequential"
            or isinstance(entry.layer, CustomUse)
        ):
            continue
        source, user = _source(walk, index), _user(walk, index)
        if source is not None and user is not None:
            masks.append(DroppedMask(source, entry, user))
    return masks


def _source(walk: GraphWalk, index: int) -> LayerReport | None:
    """The layer that creates the mask that a call receives."""
    while True:
        before = walk.graph.calls[index].inputs[0]
        entry = walk.by_call[before] if before is not None and before >= 0 else None
        if before is None or entry is None or entry.input.mask is None:
            return entry
        index = before


def _user(walk: GraphWalk, index: int) -> LayerReport | None:
    """The first layer after a call that would use a mask."""
    reached = {index}
    for later in range(index + 1, len(walk.graph.calls)):
        entry = walk.by_call[later]
        if reached.isdisjoint(source for source in walk.graph.calls[later].inputs if source is not None):
            continue
        if entry is not None and "mask_user" in entry.traits:
            return entry
        reached.add(later)
    return None


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
