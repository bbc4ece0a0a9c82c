"""Where two layers with weights follow each other and nothing between them bends the signal."""

from __future__ import annotations

from typing import NamedTuple

from seqspec.analysis.flow import Flow, Step, channels


class LinearPair(NamedTuple):
    """Two layers with weights, one after the other, and what stands between them.

    `bent` says what keeps the two from being one linear map: "activation", "max_pool" where max pooling is all there
    is, or None.
    """

    first: Step
    second: Step
    between: tuple[Step, ...]
    bent: str | None

    @property
    def deliberate(self) -> bool:
        """Whether two maps in a row say something that one map does not.

        So it is where the first one narrows (a factorized map, the code of an autoencoder), where one of the two works
        on each channel alone (a separable convolution), where a vector is spread over a map or repeated over time, and
        where the second is a recurrent layer, whose own map of the input is only a part of it.
        """
        first, second = self.first.entry, self.second.entry
        if self.second.kind == "recurrent" or "Depthwise" in first.type or "Depthwise" in second.type:
            return True
        if any(step.entry.type in _SPREADING for step in self.between):
            return True
        arrives, middle, leaves = channels(first, arriving=True), channels(first), channels(second)
        if arrives is None or middle is None or leaves is None:
            return True
        if not all(step.kind in ("norm", "dropout", "noise") for step in self.between):
            # A map of positions was flattened or averaged: its channels alone say nothing of the width.
            leaves = middle + 1 if second.type in ("Dense", "EinsumDense") and middle < arrives else leaves
        return middle < min(arrives, leaves)


_SPREADING = frozenset({"Reshape", "RepeatVector", "Permute"})


def find_linear_pairs(flow: Flow) -> list[LinearPair]:
    """Every pair of layers with weights that follow each other, with nothing opaque between."""
    found: list[LinearPair] = []
    first: Step | None = None
    between: list[Step] = []
    for step in flow:
        if step.kind in ("weights", "recurrent"):
            if first is not None:
                found.append(LinearPair(first, step, tuple(between), _bent(first, between)))
            first, between = (step, []) if step.kind == "weights" else (None, [])
        elif step.kind in ("opaque", "embedding"):
            first, between = None, []
        elif first is not None:
            between.append(step)
    return found


def is_linear(flow: Flow, links: list[LinearPair]) -> bool:
    """Whether the whole model is one linear map up to its last activation, though it has several layers for it."""
    if not links or links[0].bent is not None:
        return False
    last = flow.last_learned
    if last != flow.weighted[-1] or all(link.deliberate for link in links):
        return False
    return not any(step.bends or step.kind in ("max_pool", "embedding") for step in flow[:last])


def _bent(first: Step, between: list[Step]) -> str | None:
    if first.bends or any(step.bends for step in between):
        return "activation"
    return "max_pool" if any(step.kind == "max_pool" for step in between) else None
