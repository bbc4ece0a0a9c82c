"""The layers as steps in order of computation, each with its effect on the signal.

A nested Sequential model is replaced by its layers, and a wrapper of one layer by that layer.
"""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Sequence

from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.cached_property import cached_property
from seqspec.core.catalog.activations import function_traits
from seqspec.core.catalog.traits import Composition, Role


class Step:
    """A step of the flow.

    `kind` is the role of its layer: see `catalog.traits.Role`. `activation` is the name of its activation, including
    "linear", or None for a layer that has none.
    """

    __slots__ = ("activation", "entry", "kind", "type")

    def __init__(self, entry: LayerReport) -> None:
        self.entry = entry
        self.type = entry.type
        self.kind: Role = entry.role
        self.activation = entry.activation if self.kind in _ACTIVATED else None

    @property
    def is_nonlinear(self) -> bool:
        """Whether the output is a nonlinear function of the input, per sample."""
        return self.kind in _BENDING or (self.activation is not None and self.activation != "linear")


_ACTIVATED = frozenset({"weights", "recurrent", "activation", "opaque"})
_STOPS = ("norm", "recurrent", "opaque", "embedding")
_BENDING = frozenset({"recurrent", "opaque"})
TRAINING_ONLY = frozenset({"dropout", "noise"})
"""Kinds of steps that change values only during training."""


class Flow(list[Step]):
    """The steps of a model, or of a path in a graph.

    Args:
        layers: The layers.
        is_hidden: Whether a layer follows the last one.
    """

    def __init__(self, layers: Sequence[LayerReport], is_hidden: bool = False) -> None:
        super().__init__([Step(entry) for entry in _unwrapped(layers)])
        self.indices_by_kind: defaultdict[str, list[int]] = defaultdict(list)
        """The indices of the steps of each kind."""
        self.indices_by_activation: defaultdict[str, list[int]] = defaultdict(list)
        """The indices of the steps by activation."""
        for index, step in enumerate(self):
            self.indices_by_kind[step.kind].append(index)
            if step.activation is not None:
                self.indices_by_activation[step.activation].append(index)
        self.weighted = self.indices_by_kind["weights"]
        """The indices of the steps that are linear up to their activation."""
        self.maps = sorted(self.weighted + self.indices_by_kind["recurrent"])
        """The indices of the linear and recurrent steps."""
        self.last_weights = self.maps[-1] if self.maps else -1
        """The index of the last linear or recurrent step, before which all layers are hidden; -1 if there is none.

        An opaque layer may follow it, such as a custom layer that only scales.
        """
        self.last_hidden = len(self) if is_hidden else self.last_weights
        """The index up to which steps are hidden: the output activations follow."""
        self.last_learned = max([self.last_weights, *self.indices_by_kind["opaque"][-1:]])
        """The index of the last step with weights, whether linear, recurrent or opaque; -1 if there is none."""

    @cached_property
    def depth(self) -> int:
        """The maximum number of consecutive linear steps without a layer that resets the signal."""
        stops = sorted([index for kind in _STOPS for index in self.indices_by_kind[kind]])
        counts = [bisect(self.weighted, stop) for stop in stops]
        return max([after - before for before, after in zip([0, *counts], [*counts, len(self.weighted)])])

    def indices_of_trait(self, group: str) -> list[int]:
        """The indices of the steps whose activation is in a group: see `catalog.traits.ACTIVATION_TRAITS`."""
        by_trait = self.indices_by_activation
        return sorted([index for name in by_trait if group in function_traits(name) for index in by_trait[name]])

    def before(self, index: int, passed: frozenset[str]) -> Step | None:
        """The nearest previous step whose kind is not in `passed`."""
        for previous in range(index - 1, -1, -1):
            if self[previous].kind not in passed:
                return self[previous]
        return None


def _unwrapped(layers: Sequence[LayerReport]) -> list[LayerReport]:
    unwrapped: list[LayerReport] = []
    for entry in layers:
        if not entry.has_sublayers:
            unwrapped.append(entry)
        elif entry.composition is Composition.MODEL:
            unwrapped += _unwrapped(entry.layers)
        elif entry.composition is Composition.APPLIED and entry.layers:
            unwrapped += _unwrapped(entry.layers[:1])
        else:
            unwrapped.append(entry)
    return unwrapped


def channels(entry: LayerReport, incoming: bool = False) -> int | None:
    """The number of channels or features of a layer's output or input; None if unknown."""
    tensor = entry.input if incoming else entry.outputs[0]
    first = entry.argument("data_format") == "channels_first" and tensor.rank > 2
    size = tensor.dims[1 if first else -1] if tensor.rank > 1 else None
    return size if isinstance(size, int) else None
