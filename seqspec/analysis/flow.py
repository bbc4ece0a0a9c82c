"""The stack as steps in the order of computation, each by what it does to the signal.

A nested Sequential stands as the layers inside it, and a wrapper that runs one layer as that layer.
"""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

from seqspec.analysis.layer_report import LayerReport
from seqspec.analysis.roles import (
    DROPOUT,
    GLOBAL_POOLING,
    LAYOUT,
    LINEAR,
    MAX_POOLING,
    NORMALIZATION,
    POOLING,
    RECURRENT,
)

_KINDS = (
    dict.fromkeys(LINEAR, "weights")
    | dict.fromkeys(RECURRENT | {"Bidirectional"}, "recurrent")
    | dict.fromkeys(("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax"), "activation")
    | {name: "max_pool" if name in MAX_POOLING else "average_pool" for name in POOLING | GLOBAL_POOLING}
    | dict.fromkeys(NORMALIZATION | {"UnitNormalization"}, "norm")
    | dict.fromkeys(DROPOUT, "dropout")
    | {"GaussianNoise": "noise", "Embedding": "embedding"}
    | dict.fromkeys(LAYOUT, "layout")
    | dict.fromkeys(("Identity", "ActivityRegularization", "Masking", "Rescaling", "Normalization"), "affine")
)
_OPENED = frozenset({"Sequential", "TimeDistributed", "SpectralNormalization"})


class Step:
    """One layer of the flow.

    `kind` is "weights" (a linear map up to its activation), "recurrent", "activation", "max_pool", "average_pool",
    "norm", "dropout", "noise", "embedding", "layout" (sizes change, values do not), "affine" (values are shifted or
    scaled alone), or "opaque" for a layer of which nothing is assumed. `activation` is the name of the activation that
    it ends with, "linear" included; None for a layer that has none.
    """

    __slots__ = ("entry", "type", "kind", "activation")

    def __init__(self, entry: LayerReport) -> None:
        self.entry = entry
        self.type = entry.type
        self.kind = _KINDS.get(entry.type, "opaque")
        self.activation = entry.activation if self.kind in _ACTIVATED else None

    @property
    def bends(self) -> bool:
        """Whether what leaves is no linear function of what arrives, sample by sample."""
        return self.kind in _BENDING or (self.activation is not None and self.activation != "linear")


_ACTIVATED = frozenset({"weights", "recurrent", "activation", "opaque"})
_STOPS = ("norm", "recurrent", "opaque", "embedding")
_BENDING = frozenset({"recurrent", "opaque"})
TRAINING_ONLY = frozenset({"dropout", "noise"})
"""Kinds of steps that change values while the model is trained, and never else."""


class Flow(list[Step]):
    """The steps of a model."""

    def __init__(self, layers: Sequence[LayerReport]) -> None:
        super().__init__([Step(entry) for entry in _unwrapped(layers)])
        self.indices_by_kind: defaultdict[str, list[int]] = defaultdict(list)
        """Where the steps of each kind stand."""
        self.indices_by_activation: defaultdict[str, list[int]] = defaultdict(list)
        """Where the steps stand that end with each activation."""
        for index, step in enumerate(self):
            self.indices_by_kind[step.kind].append(index)
            if step.activation is not None:
                self.indices_by_activation[step.activation].append(index)
        self.weighted = self.indices_by_kind["weights"]
        """Where the steps stand that are a linear map up to their activation."""
        self.maps = sorted(self.weighted + self.indices_by_kind["recurrent"])
        """Where the linear and the recurrent steps stand."""
        self.last_weights = self.maps[-1] if self.maps else -1
        """Where the last linear or recurrent step stands, before which all is hidden; -1 if there is none.

        A layer of which nothing is assumed may follow it, such as one of the author's own that only scales.
        """
        self.last_learned = max([self.last_weights, *self.indices_by_kind["opaque"][-1:]])
        """Where the last step with a map to learn stands, be it linear, recurrent or opaque; -1 if there is none."""

    @cached_property
    def depth(self) -> int:
        """The most linear steps one behind the other, with nothing between that makes the signal anew."""
        stops = sorted([index for kind in _STOPS for index in self.indices_by_kind[kind]])
        counts = [bisect(self.weighted, stop) for stop in stops]
        return max([after - before for before, after in zip([0, *counts], [*counts, len(self.weighted)])])

    def before(self, index: int, passed: frozenset[str]) -> Step | None:
        """The nearest step before that is of none of the passed kinds."""
        for place in range(index - 1, -1, -1):
            if self[place].kind not in passed:
                return self[place]
        return None


def _unwrapped(layers: Sequence[LayerReport]) -> list[LayerReport]:
    found: list[LayerReport] = []
    for entry in layers:
        if entry.type not in _OPENED:
            found.append(entry)
        elif entry.type == "Sequential":
            found += _unwrapped(entry.layers)
        else:
            found += _unwrapped(entry.layers[:1]) if entry.layers else [entry]
    return found


def channels(entry: LayerReport, arriving: bool = False) -> int | None:
    """The number of channels or features that leaves a layer, or that arrives; None where it is unknown."""
    tensor = entry.input if arriving else entry.outputs[0]
    first = getattr(entry.layer, "data_format", None) == "channels_first" and tensor.rank > 2
    size = tensor.dims[1 if first else -1] if tensor.rank > 1 else None
    return size if isinstance(size, int) else None
