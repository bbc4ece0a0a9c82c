"""Converts layers of an older Keras version to Keras 3: the rules in order of application."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.core.api.frontends import INSTEAD_OF_LAMBDA, LAMBDA
from seqspec.saved_models.layer_classes import (
    crops_in_training_only,
    has_argument,
    is_batch_normalization,
    is_depthwise,
    is_embedding,
    is_joined,
    is_recurrent_convolution,
    is_separable,
    masks_values,
    rank_of,
)
from seqspec.saved_models.nodes import ChannelLayout, SavedLayer, replace_layers
from seqspec.saved_models.saved_model import ConversionNotes, SavedModelError, WriterVersions
from seqspec.saved_models.version_fixes import (
    channels_last,
    convolution,
    hard_sigmoid,
    older_layers,
    padding,
    preprocessing,
    recurrent,
)


def apply_fixes(
    source: Sequence[SavedLayer], generation: WriterVersions, notes: ConversionNotes, move_channels: bool = False
) -> tuple[list[SavedLayer], ChannelLayout | None]:
    """The layers for Keras 3 with their arrays, and the layout of the input if its channels are moved.

    `source` is not changed, and is the `origin` of the new layers. With `move_channels`, channels_first becomes
    channels_last in the whole model, also in its input.
    """
    nodes = [_clone(node) for node in source]
    if generation.keras >= 3:
        return channels_last.move_channels_last(nodes, generation, notes) if move_channels else (nodes, None)
    leaves = [leaf for node in nodes for leaf in node.walk()]
    masked = any(_creates_mask(leaf) for leaf in leaves)
    for leaf in leaves:
        require_supported(leaf, generation)
        recurrent.modernize(leaf, generation, notes)
        convolution.modernize(leaf, generation, notes)
        hard_sigmoid.scale_weights(leaf, generation, notes)
        preprocessing.modernize(leaf, notes)
        older_layers.flatten_arrays(leaf)
        older_layers.replace_samplewise_normalization(leaf, notes)
        if masked:
            older_layers.replace_unmasked_softmax(leaf, generation, notes)
        _restore_unsaved_arguments(leaf, generation, notes)
        _keep_backward_layer(leaf)
    nodes = replace_layers(nodes, lambda node: older_layers.replace_maxout(node, notes))
    nodes = replace_layers(nodes, lambda node: padding.with_padding(node, generation, notes))
    start = None
    if move_channels:
        nodes, start = channels_last.move_channels_last(nodes, generation, notes)
    else:
        nodes = channels_last.to_channels_last(nodes, generation, notes)
    return replace_layers(nodes, lambda node: hard_sigmoid.with_rescaling(node, generation, notes)), start


def require_supported(node: SavedLayer, generation: WriterVersions) -> None:
    """Raises for layers that Keras 3 does not support or would silently compute differently."""
    if node.value("time_major"):
        raise SavedModelError(
            "removed-from-keras",
            f"{node.name!r} has time_major = true, which Keras 3 does not support",
            "save the model with time_major = False, and transpose its input",
        )
    if rank_of(node.kind) and node.value("interpolation") == "bilinear" and not generation.half_pixels:
        raise SavedModelError(
            "removed-from-keras",
            f"{node.name!r} is an {node.kind} with bilinear interpolation, which {generation} computes between the "
            "corners of the pixels, and Keras 3 between their centers",
            "train the model again with interpolation = nearest, or with a newer Keras",
        )
    if crops_in_training_only(node.kind):
        raise SavedModelError(
            "removed-from-keras",
            f"{node.name!r} is a {node.kind}, which {generation} also crops at inference, and Keras 3 only in training",
            "replace it with CenterCrop, or with Resizing and crop_to_aspect_ratio = True, where the model was saved",
        )
    if is_batch_normalization(node.kind) and node.value("mode", default=0) != 0:
        older_layers.require_mode(node)
    if node.kind == LAMBDA:
        raise SavedModelError(
            "holds-code",
            f"{node.name!r} is a Lambda layer, which contains Python code; it is not executed",
            INSTEAD_OF_LAMBDA,
        )


def _clone(node: SavedLayer) -> SavedLayer:
    return SavedLayer(
        node.kind,
        dict(node.config),
        node.name,
        [_clone(child) for child in node.children],
        dict(node.arrays),
        node.raw,
        node,
        quantized=node.quantized,
    )


_WITHOUT_DIM_ORDERING = ("ZeroPadding2D", "ZeroPadding3D", "UpSampling2D", "UpSampling3D", "Cropping2D", "Cropping3D")
"""The layers of which Keras 1 does not save dim_ordering."""


def set_dim_ordering(nodes: Sequence[SavedLayer], notes: ConversionNotes, channels_first: bool = False) -> bool:
    """Sets dim_ordering where Keras 1 does not save it, as in the other layers; returns whether it was assumed.

    If no layer states it, it is "tf", the default of Keras 1.2, or with `channels_first` "th".
    """
    leaves = [leaf for node in nodes for leaf in node.walk()]
    stated = [leaf.config["dim_ordering"] for leaf in leaves if leaf.config.get("dim_ordering") in ("th", "tf")]
    unstated = [leaf for leaf in leaves if leaf.kind in _WITHOUT_DIM_ORDERING and "dim_ordering" not in leaf.config]
    order = stated[0] if stated else "th" if channels_first else "tf"
    for leaf in unstated:
        leaf.config["dim_ordering"] = order
    if stated or not unstated:
        return False
    reason = "since the weights do not fit otherwise" if channels_first else "as by default in Keras 1.2"
    notes.add(
        f"Keras 1 does not save the order of the axes of {unstated[0].name!r}: channels "
        f"{'first' if channels_first else 'last'} are assumed, {reason}"
    )
    return True


def _restore_unsaved_arguments(node: SavedLayer, generation: WriterVersions, notes: ConversionNotes) -> None:
    """Restores arguments that a Keras version does not save from the shapes of the weights."""
    separable = is_separable(node.kind)
    if (separable or is_depthwise(node.kind)) and "depth_multiplier" not in node.config:
        # TensorFlow.js omits it.
        role = "depthwise_kernel" if separable else "kernel"
        node.config["depth_multiplier"] = int(node.arrays[role].shape[-1])
    if generation.keras == 1 and has_argument(node.kind, "shared_axes"):
        node.config["shared_axes"] = [axis for axis, size in enumerate(node.arrays["alpha"].shape, 1) if size == 1]
    if generation.tfjs and is_batch_normalization(node.kind) and node.value("axis", default=-1) not in (-1, [-1]):
        notes.add(
            f"{node.name!r} is a BatchNormalization with axis = {node.value('axis')}, which the CPU backend of "
            "TensorFlow.js computes over the last axis; the spec computes it over that axis"
        )
    if generation.keras == 1 and is_recurrent_convolution(node.kind):
        notes.add(
            f"Keras 1 does not save the subsample of {node.name!r}, so that it is taken for (1, 1): if it was another "
            "one, set strides in the spec"
        )


def _creates_mask(node: SavedLayer) -> bool:
    return masks_values(node.kind) or (is_embedding(node.kind) and bool(node.value("mask_zero")))


def _keep_backward_layer(node: SavedLayer) -> None:
    """Keeps the backward layer of a Bidirectional with `go_backwards`: Keras 3 would run both in one direction."""
    if is_joined(node.kind) and node.children[0].value("go_backwards"):
        node.config["backward_given"] = True
