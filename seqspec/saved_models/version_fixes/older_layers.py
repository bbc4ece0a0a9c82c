"""Older layers that other layers of Keras 3 can replace: MaxoutDense, BatchNormalization with mode 1, Softmax."""

from __future__ import annotations

from seqspec.saved_models.layer_classes import is_batch_normalization, is_softmax
from seqspec.saved_models.nodes import SavedLayer
from seqspec.saved_models.packages import np
from seqspec.saved_models.saved_model import Array, ConversionNotes, SavedModelError, WriterVersions

_MAXOUT = "MaxoutDense"
_LARGEST_EPSILON = 1e-6
"""The default before Keras 1.2; a larger epsilon changes predictions by more than rounding."""


def require_mode(node: SavedLayer) -> None:
    """Raises for modes of BatchNormalization that Keras 3 does not support."""
    mode, epsilon = node.value("mode"), node.value("epsilon", default=1e-3)
    if mode == 1 and epsilon <= _LARGEST_EPSILON:
        return
    if mode == 1:
        raise SavedModelError(
            "removed-from-keras",
            f"{node.name!r} is a BatchNormalization with mode = 1 of Keras 1, which divides by sqrt(variance + "
            f"epsilon) + epsilon; a LayerNormalization of Keras 3 does not add the second epsilon "
            f"of {epsilon:g}, which changes the predictions",
            f"load it with Keras 1, set epsilon to {_LARGEST_EPSILON:g} or less, and save it again, if its predictions "
            "are good enough then",
        )
    raise SavedModelError(
        "removed-from-keras",
        f"{node.name!r} is a BatchNormalization with mode = {mode} of Keras 1, which uses the statistics of the batch "
        "in predictions too; no layer of Keras 3 does",
        "train on with mode = 0, which learns statistics for predictions, before saving the model",
    )


def samplewise_normalization(node: SavedLayer, values: Array) -> Array:
    """The outputs of a BatchNormalization with mode 1."""
    epsilon = node.value("epsilon", default=1e-3)
    deviation = np.sqrt(values.var(-1, keepdims=True) + epsilon) + epsilon
    normal: Array = (values - values.mean(-1, keepdims=True)) / deviation
    return node.arrays["gamma"] * normal + node.arrays["beta"]


def replace_samplewise_normalization(node: SavedLayer, notes: ConversionNotes) -> None:
    """Converts a BatchNormalization with mode 1 to a LayerNormalization."""
    if not is_batch_normalization(node.kind) or node.value("mode", default=0) != 1:
        return
    kept = ("name", "trainable", "epsilon", "gamma_regularizer", "beta_regularizer", "batch_input_shape")
    node.kind = "LayerNormalization"
    node.config = {key: node.config[key] for key in kept if key in node.config}
    for role in ("moving_mean", "moving_variance"):
        node.arrays.pop(role, None)
    notes.fixes["BatchNormalization with mode 1 replaced by LayerNormalization"] += 1
    notes.add(
        f"{node.name!r} is a LayerNormalization now, without the second epsilon of mode = 1: its outputs are larger by "
        "epsilon / standard deviation. The running statistics, which mode = 1 does not use, are left out"
    )


def replace_maxout(node: SavedLayer, notes: ConversionNotes) -> list[SavedLayer]:
    """One Dense for all parts of a MaxoutDense, followed by layers that compute their maximum; another layer itself."""
    if node.kind != _MAXOUT:
        return [node]
    notes.fixes["MaxoutDense replaced by Dense, Reshape and GlobalMaxPooling1D"] += 1
    parts, inputs, units = node.arrays["kernel"].shape
    kept = ("name", "trainable", "W_regularizer", "b_regularizer", "W_constraint", "b_constraint", "batch_input_shape")
    config = {key: node.config[key] for key in kept if key in node.config}
    config |= {"units": parts * units, "use_bias": "bias" in node.arrays}
    arrays = {"kernel": node.arrays["kernel"].transpose(1, 0, 2).reshape(inputs, parts * units)}
    if "bias" in node.arrays:
        arrays["bias"] = node.arrays["bias"].reshape(parts * units)
    dense = SavedLayer("Dense", config, node.name, arrays=arrays, origin=node.origin)
    reshape = SavedLayer("Reshape", {"target_shape": [parts, units]}, completes=True)
    return [dense, reshape, SavedLayer("GlobalMaxPooling1D", {}, completes=True)]


def replace_unmasked_softmax(node: SavedLayer, generation: WriterVersions, notes: ConversionNotes) -> None:
    """Converts a Softmax that does not use masks to an Activation, which does not either."""
    if not is_softmax(node.kind) or generation.masks_softmax or node.value("axis", default=-1) != -1:
        return
    node.kind = "Activation"
    node.config = {key: value for key, value in node.config.items() if key != "axis"} | {"activation": "softmax"}
    notes.fixes["Softmax, which Keras 3 masks, replaced by Activation"] += 1


def restore_axis(node: SavedLayer, notes: ConversionNotes) -> None:
    """Restores the axis of a BatchNormalization with virtual_batch_size, which only changes training.

    Keras surprise: TensorFlow's Keras saves the axis of the tensor to which it has added an axis of virtual batches.
    """
    size = node.config.pop("virtual_batch_size", None)
    if size is None:
        return
    axes = node.value("axis", default=-1)
    axes = axes if isinstance(axes, list) else [axes]
    node.config["axis"] = [axis - 1 if isinstance(axis, int) and axis > 1 else axis for axis in axes]
    notes.add(f"Keras 3 has no virtual_batch_size, which changes only training: that of {node.name!r} is left out")


def flatten_arrays(node: SavedLayer) -> None:
    """Removes the axes of length 1 that gamma and beta of a BatchNormalization with virtual_batch_size have."""
    if is_batch_normalization(node.kind):
        node.arrays = {role: array.reshape(-1) for role, array in node.arrays.items()}
