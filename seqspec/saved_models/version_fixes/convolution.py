"""Kernels of convolutions: the shapes of Keras 1, and Theano's flipped kernels."""

from __future__ import annotations

from seqspec.saved_models.layer_classes import (
    is_convolution,
    is_recurrent_convolution,
    is_separable,
    is_transposed,
    rank_of,
)
from seqspec.saved_models.nodes import SavedLayer, per_axis, plain
from seqspec.saved_models.packages import np
from seqspec.saved_models.saved_model import Array, ConversionNotes, SavedModelError, WriterVersions
from seqspec.saved_models.weight_roles import gates


def orient(node: SavedLayer, kernel: Array, generation: WriterVersions) -> Array:
    """A kernel as the layer uses it, with axes (spatial, input channels, filters), not reversed."""
    if generation.keras == 1:
        kernel = _orient_keras_1(node, kernel, generation)
    if generation.backend == "theano" and (is_convolution(node.kind) or is_recurrent_convolution(node.kind)):
        kernel = np.flip(kernel, tuple(range(kernel.ndim - 2)))
    return kernel


def _orient_keras_1(node: SavedLayer, kernel: Array, generation: WriterVersions) -> Array:
    first = node.has_channels_first
    if is_transposed(node.kind):
        # Spatial axes, filters, input channels.
        return kernel.transpose(2, 3, 0, 1) if first else np.swapaxes(kernel, -1, -2)
    if is_recurrent_convolution(node.kind):
        first = first and bool(gates(node, generation))
    elif rank_of(node.kind) == 1:
        if kernel.shape[:2] != (node.value("kernel_size"), 1) or kernel.shape[3] != node.value("filters"):
            kernel = np.moveaxis(kernel, (2, 3, 1, 0), (0, 1, 2, 3))
        return kernel.reshape(kernel.shape[0], *kernel.shape[2:])
    return np.moveaxis(kernel, (0, 1), (-1, -2)) if first else kernel


def output_lengths(node: SavedLayer) -> list[int]:
    """The lengths of the spatial axes that `output_shape` states; empty if it does not state all of them."""
    shape = list(plain(node.config.get("output_shape")) or ())
    lengths = shape[2:] if node.has_channels_first else shape[1:-1]
    return lengths if all(isinstance(length, int) for length in lengths) else []


def modernize(node: SavedLayer, generation: WriterVersions, notes: ConversionNotes) -> None:
    """Converts the kernels of a convolution to the axes of Keras 3: spatial, input channels, filters."""
    if generation.keras == 1:
        _keras_1(node, notes)
    if generation.backend == "theano":
        _theano(node, generation, notes)


def _keras_1(node: SavedLayer, notes: ConversionNotes) -> None:
    first = node.has_channels_first
    if is_convolution(node.kind) and rank_of(node.kind) == 1:
        node.arrays["kernel"] = _conv1d(node, node.arrays["kernel"], notes)
    elif is_separable(node.kind) and first:
        for role in ("depthwise_kernel", "pointwise_kernel"):
            node.arrays[role] = node.arrays[role].transpose(2, 3, 1, 0)
        notes.fixes["kernels of dim_ordering th transposed"] += 1
    elif is_convolution(node.kind) and is_transposed(node.kind):
        kernel = node.arrays["kernel"]
        node.arrays["kernel"] = kernel.transpose(2, 3, 0, 1) if first else kernel.transpose(0, 1, 3, 2)
        notes.fixes["kernels of Deconvolution2D transposed"] += 1
        _output_padding(node)
    elif is_convolution(node.kind) and first:
        kernel = node.arrays["kernel"]
        node.arrays["kernel"] = kernel.transpose(*range(2, kernel.ndim), 1, 0)
        notes.fixes["kernels of dim_ordering th transposed"] += 1


def _output_padding(node: SavedLayer) -> None:
    """Sets `output_padding` from the output shape in Keras 1, if that differs from the default of Keras 3."""
    lengths = output_lengths(node)
    shape = plain(node.config.pop("output_shape", None))
    if len(lengths) != 2:
        return
    same = node.value("padding") == "same"
    usual, margins = [], []
    strides = per_axis(node.value("strides", default=1), 2)
    for length, size, stride in zip(lengths, node.arrays["kernel"].shape, strides):
        inputs = -(-(length if same else length - size + 1) // stride)
        usual.append(inputs * stride + (0 if same else max(size - stride, 0)))
        margins.append(length - (inputs - 1) * stride - size + (2 * (size // 2) if same else 0))
    if lengths == usual:
        return
    if not all(0 <= margin < stride for margin, stride in zip(margins, strides)):
        raise SavedModelError(
            "removed-from-keras",
            f"{node.name!r} has the output shape {tuple(shape)}, for which Keras 3 has no output_padding",
        )
    node.config["output_padding"] = margins


def _conv1d(node: SavedLayer, kernel: Array, notes: ConversionNotes) -> Array:
    length, filters = node.value("kernel_size"), node.value("filters")
    if kernel.ndim != 4:
        raise SavedModelError("weights-shape", f"the kernel of {node.name!r} has the shape {kernel.shape}, not 4 axes")
    if kernel.shape[:2] != (length, 1) or kernel.shape[3] != filters:
        # Keras 1.0 and 1.1: filters, input channels, length, 1.
        kernel = kernel.transpose(2, 3, 1, 0)
    notes.fixes["kernels of Conv1D of Keras 1 reshaped"] += 1
    return kernel[:, 0]


def _theano(node: SavedLayer, generation: WriterVersions, notes: ConversionNotes) -> None:
    """Reverses kernels trained with Theano, which convolves with the reversed kernel; TensorFlow does not.

    Keras surprise: depthwise and separable convolutions reverse the kernel first with Theano, so they do not differ.
    """
    if is_recurrent_convolution(node.kind):
        names = [name for name in node.arrays if name.startswith(("kernel", "recurrent_kernel", "W_", "U_"))]
    elif is_convolution(node.kind):
        names = ["kernel"]
    else:
        return
    for name in names:
        node.arrays[name] = node.arrays[name][(slice(None, None, -1),) * rank_of(node.kind)]
    notes.fixes["kernels of Theano flipped"] += 1
