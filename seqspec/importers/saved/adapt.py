"""From the layers of an older Keras to those of Keras 3: the rules, in their order."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.diagnostics.snippet import Help, Value
from seqspec.importers.saved.errors import SavedModelError
from seqspec.importers.saved.nodes import Node
from seqspec.importers.saved.roles import is_batch_normalization
from seqspec.importers.saved.rules import convolution, discretization, hard_sigmoid, layout, recurrent, theano_padding
from seqspec.importers.saved.saved_model import Generation, Ledger


def adapt(source: Sequence[Node], generation: Generation, ledger: Ledger) -> list[Node]:
    """The layers for Keras 3 with their arrays; `source` is left as it is, and is the `origin` of what replaces it."""
    nodes = [_clone(node) for node in source]
    if generation.keras >= 3:
        return nodes
    for leaf in (leaf for node in nodes for leaf in _all(node)):
        require_expressible(leaf, generation)
        recurrent.modernize(leaf, generation, ledger)
        convolution.modernize(leaf, generation, ledger)
        hard_sigmoid.rescale(leaf, generation, ledger)
        discretization.modernize(leaf, ledger)
        _unsaved(leaf, generation, ledger)
        _backwards(leaf)
    nodes = theano_padding.padded(nodes, generation, ledger)
    nodes = layout.relaid(nodes, generation, ledger)
    return hard_sigmoid.rescaled(nodes, generation, ledger)


def require_expressible(node: Node, generation: Generation) -> None:
    """Raises for what Keras 3 no longer computes, and would silently compute differently."""
    if node.value("time_major"):
        raise SavedModelError(
            "removed-from-keras",
            f"{node.name!r} has time_major = true, which Keras 3 does not support",
            "save the model with time_major = False, and transpose its input",
        )
    if node.kind == "UpSampling2D" and node.value("interpolation") == "bilinear" and not generation.half_pixels:
        raise SavedModelError(
            "removed-from-keras",
            f"{node.name!r} is an UpSampling2D with bilinear interpolation, which {generation} computes between the "
            "corners of the pixels, and Keras 3 between their centers",
            "train the model again with interpolation = nearest, or with a newer Keras",
        )
    if is_batch_normalization(node.kind) and node.value("mode", default=0) != 0:
        raise SavedModelError(
            "removed-from-keras",
            f"{node.name!r} is a BatchNormalization with mode = {node.value('mode')}, which only Keras 1 has",
        )
    if node.kind == "Lambda":
        raise SavedModelError(
            "holds-code",
            f"{node.name!r} is a Lambda layer, which contains Python code; it is not executed",
            Help(
                "replace it with an equivalent layer, such as ",
                Value({"type": "Rescaling", "scale": "1/127.5", "offset": -1}),
            ),
        )


def _clone(node: Node) -> Node:
    return Node(
        node.kind,
        dict(node.config),
        node.name,
        [_clone(child) for child in node.children],
        dict(node.arrays),
        node.raw,
        node,
    )


def _all(node: Node) -> Sequence[Node]:
    return [node, *(leaf for child in node.children for leaf in _all(child))]


_UNSTATED = ("ZeroPadding2D", "ZeroPadding3D", "UpSampling2D", "UpSampling3D", "Cropping2D", "Cropping3D")


def state_ordering(nodes: Sequence[Node]) -> None:
    """Keras 1 does not save dim_ordering for some layers: they have that of the model."""
    leaves = [leaf for node in nodes for leaf in _all(node)]
    stated = [leaf.config["dim_ordering"] for leaf in leaves if leaf.config.get("dim_ordering") in ("th", "tf")]
    for leaf in leaves:
        if stated and leaf.kind in _UNSTATED:
            leaf.config.setdefault("dim_ordering", stated[0])


def _unsaved(node: Node, generation: Generation, ledger: Ledger) -> None:
    """Arguments that a Keras does not save, where the shapes of the weights say them."""
    if node.kind.startswith(("SeparableConv", "DepthwiseConv")) and "depth_multiplier" not in node.config:
        # TensorFlow.js leaves it out.
        role = "depthwise_kernel" if node.kind.startswith("SeparableConv") else "kernel"
        node.config["depth_multiplier"] = int(node.arrays[role].shape[-1])
    if node.kind == "PReLU" and generation.keras == 1:
        node.config["shared_axes"] = [axis for axis, size in enumerate(node.arrays["alpha"].shape, 1) if size == 1]
    if generation.tfjs and is_batch_normalization(node.kind) and node.value("axis", default=-1) not in (-1, [-1]):
        ledger.note(
            f"{node.name!r} is a BatchNormalization with axis = {node.value('axis')}, which the CPU backend of "
            "TensorFlow.js computes over the last axis; the spec computes it over that axis"
        )
    if node.kind == "ConvLSTM2D" and generation.keras == 1:
        ledger.note(
            f"Keras 1 does not save the subsample of {node.name!r}, so that it is taken for (1, 1): if it was another "
            "one, set strides in the spec"
        )


def _backwards(node: Node) -> None:
    """The way back of a Bidirectional layer whose first way is backwards: Keras 3 would run both in one direction."""
    if node.kind == "Bidirectional" and node.children[0].value("go_backwards"):
        node.config["backward_given"] = True
