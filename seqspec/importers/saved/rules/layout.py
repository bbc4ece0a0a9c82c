"""channels_first: TensorFlow computes it on a GPU only, so such layers run on channels_last between two Permutes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from seqspec.importers.saved.nodes import INPUT, Node
from seqspec.importers.saved.roles import is_batch_normalization, is_convolution, is_depthwise, is_separable
from seqspec.importers.saved.rules.convolution import is_channels_first
from seqspec.importers.saved.rules.hard_sigmoid import activation_name, as_one, inserted
from seqspec.importers.saved.saved_model import Generation, Ledger

_ELEMENTWISE = (
    "Dropout",
    "GaussianNoise",
    "GaussianDropout",
    "AlphaDropout",
    "ReLU",
    "LeakyReLU",
    "ELU",
    "ThresholdedReLU",
    "ActivityRegularization",
    "Rescaling",
)


def relaid(nodes: Sequence[Node], generation: Generation, ledger: Ledger) -> list[Node]:
    """The layers with channels_first replaced, where Keras 3 would not run it; files of Keras 3 stay as they are."""
    if generation.keras >= 3:
        return list(nodes)
    return _Relayout(ledger).stack(nodes)


class _Relayout:
    """Goes through a stack; `axes` is the number of spatial axes while the tensor is channels_last, otherwise 0."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def stack(self, nodes: Sequence[Node]) -> list[Node]:
        found: list[Node] = []
        axes, steps = 0, 0
        for node in nodes:
            if node.children:
                self._inside(node)
            spatial = _spatial(node)
            if axes and not spatial and not self._passes(node, axes, steps):
                found.append(_permute(axes, steps, back=True))
                axes = 0
            if spatial:
                now = int(node.kind.startswith("ConvLSTM"))
                if not axes:
                    found.append(_permute(spatial, now, before=node))
                    self.ledger.uses["channels_first replaced by Permute and channels_last"] += 1
                axes, steps = spatial, now
                _channels_last(node)
                found.append(node)
                after = _softmax(node)
                if node.kind == "ConvLSTM2D":
                    steps = 1 if node.value("return_sequences") else 0
                if node.kind.startswith("Global") and not node.value("keepdims"):
                    axes = 0
                elif after is not None:
                    found += [_last(_permute(axes, steps, back=True)), after]
                    axes = 0
            else:
                if axes and node.kind == "Flatten":
                    # One that says channels_first puts the channels last by itself.
                    _channels_last(node)
                    axes = 0
                found.append(node)
        if axes:
            found.append(_last(_permute(axes, steps, back=True)))
        return found

    def _inside(self, node: Node) -> None:
        if node.attribute == "layers":
            node.children = self.stack(node.children)
        else:
            node.children = [as_one(self.stack([child])) for child in node.children]

    def _passes(self, node: Node, axes: int, steps: int) -> bool:
        """Whether a layer computes the same on channels_last; its axes are changed for that."""
        if node.kind in _ELEMENTWISE:
            return True
        if node.kind == "Activation":
            return activation_name(node.config.get("activation")) != "softmax"
        if steps:
            return False
        rank = axes + 2
        if is_batch_normalization(node.kind):
            node.config["axis"] = _moved(node.value("axis", default=-1), rank)
            return True
        if node.kind == "PReLU":
            alpha = node.arrays["alpha"]
            node.arrays["alpha"] = alpha.transpose(*range(1, alpha.ndim), 0)
            shared = node.value("shared_axes")
            if shared:
                node.config["shared_axes"] = sorted(_moved(axis, rank) for axis in shared)
            return True
        return node.kind == "Flatten" and is_channels_first(node)


def _spatial(node: Node) -> int:
    """The number of spatial axes of a layer with channels_first, 0 for any other layer."""
    if node.kind == INPUT or node.children or not is_channels_first(node):
        return 0
    number = re.search(r"([123])D", node.kind)
    return int(number[1]) if number is not None else 0


def _channels_last(node: Node) -> None:
    for key in ("data_format", "dim_ordering"):
        if key in node.config:
            node.config[key] = "channels_last" if key == "data_format" else "tf"


def _softmax(node: Node) -> Node | None:
    """The softmax of a convolution as a layer of its own: it is taken over the last axis, whichever that is."""
    if not (is_convolution(node.kind) or is_separable(node.kind) or is_depthwise(node.kind)):
        return None
    if activation_name(node.config.get("activation")) != "softmax":
        return None
    node.config["activation"] = "linear"
    return _last(Node("Activation", {"activation": "softmax"}))


def _last(node: Node) -> Node:
    node.completes = True
    return node


def _moved(axis: Any, rank: int) -> Any:
    """The place on channels_last of an axis of channels_first."""
    if isinstance(axis, (list, tuple)):
        return [_moved(one, rank) for one in axis]
    axis = axis % rank
    return rank - 1 if axis == 1 else axis - 1 if axis > 1 else axis


def _permute(axes: int, steps: int, back: bool = False, before: Node | None = None) -> Node:
    dims = [axes + 1, *range(1, axes + 1)] if back else [*range(2, axes + 2), 1]
    config = {"dims": [*range(1, steps + 1), *(axis + steps for axis in dims)]}
    return Node("Permute", config) if before is None else inserted("Permute", config, before)
