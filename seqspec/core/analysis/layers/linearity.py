"""Consecutive layers with weights without a nonlinearity between them."""

from __future__ import annotations

from typing import NamedTuple

from seqspec.core.analysis.flow import Flow, Step, channels


class LinearPair(NamedTuple):
    """Two consecutive layers with weights, and what is between them.

    `nonlinearity` is the one between them: "activation", "max_pool" if max pooling is the only one, or None.
    """

    first: Step
    second: Step
    between: tuple[Step, ...]
    nonlinearity: str | None

    @property
    def is_factorized(self) -> bool:
        """Whether one of two convolutions goes along a single axis of several, such as (1, 5) before (5, 1)."""
        kernels = [getattr(step.entry.layer, "kernel_size", None) for step in (self.first, self.second)]
        sizes = [kernel for kernel in kernels if isinstance(kernel, (list, tuple))]
        return len(sizes) == 2 and any(1 in size and max(size) > 1 for size in sizes)

    @property
    def deliberate(self) -> bool:
        """Whether two consecutive linear maps can be intended.

        This is the case if the first one is a bottleneck (a low-rank factorization or an autoencoder's code), if one of
        them applies to each channel separately (a separable convolution), if a vector is reshaped to a feature map or
        repeated over time, or if the second is a recurrent layer, which has more than its input kernel.
        """
        first, second = self.first.entry, self.second.entry
        if self.second.kind == "recurrent" or "depthwise" in first.traits | second.traits:
            return True
        if any("spreading" in step.entry.traits for step in self.between):
            return True
        incoming, middle, outgoing = channels(first, incoming=True), channels(first), channels(second)
        if incoming is None or middle is None or outgoing is None:
            return True
        if not all(step.kind in ("norm", "dropout", "noise") for step in self.between):
            # A feature map was flattened or averaged: the number of channels alone does not determine the width.
            outgoing = middle + 1 if "dense" in second.traits and middle < incoming else outgoing
        return middle < min(incoming, outgoing)


def find_linear_pairs(flow: Flow) -> list[LinearPair]:
    """All pairs of consecutive layers with weights without an opaque layer between them."""
    pairs: list[LinearPair] = []
    first: Step | None = None
    between: list[Step] = []
    for step in flow:
        if step.kind in ("weights", "recurrent"):
            if first is not None:
                pairs.append(LinearPair(first, step, tuple(between), _nonlinearity(first, between)))
            first, between = (step, []) if step.kind == "weights" else (None, [])
        elif step.kind in ("opaque", "embedding"):
            first, between = None, []
        elif first is not None:
            between.append(step)
    return pairs


def is_linear(flow: Flow, links: list[LinearPair]) -> bool:
    """Whether the whole model is a single linear map up to its last activation, despite several layers."""
    if not links or links[0].nonlinearity is not None:
        return False
    last = flow.last_learned
    if last != flow.weighted[-1] or all(link.deliberate for link in links):
        return False
    return not any(step.is_nonlinear or step.kind in ("max_pool", "embedding") for step in flow[:last])


def _nonlinearity(first: Step, between: list[Step]) -> str | None:
    if first.is_nonlinear or any(step.is_nonlinear for step in between):
        return "activation"
    return "max_pool" if any(step.kind == "max_pool" for step in between) else None
