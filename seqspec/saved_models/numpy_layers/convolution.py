"""Convolutions, with the kernels as each Keras stores them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import product

from seqspec.core.api.catalog import legacy
from seqspec.saved_models.nodes import SavedLayer
from seqspec.saved_models.numpy_layers.activations import activation_from_config
from seqspec.saved_models.numpy_layers.tensor import (
    MaskedTensor,
    UnsupportedLayer,
    computes,
    from_channels_last,
    per_axis,
    plus_bias,
    to_channels_last,
)
from seqspec.saved_models.packages import np
from seqspec.saved_models.saved_model import Array, WriterVersions
from seqspec.saved_models.version_fixes.convolution import orient, output_lengths


def kernel_size_of(node: SavedLayer, count: int) -> tuple[int, ...]:
    """The size of the kernel, from the arguments of Keras 1 or later versions."""
    window = legacy.kernel_size(node.config)
    if window is not None:
        return tuple(map(int, window))
    return per_axis(node.value("kernel_size"), count)


def strides_of(node: SavedLayer, count: int) -> tuple[int, ...]:
    return per_axis(node.value("strides", default=1), count)


def dilations_of(node: SavedLayer, count: int) -> tuple[int, ...]:
    return per_axis(node.value("dilation_rate", default=1) or 1, count)


def padding_of(node: SavedLayer) -> str:
    return str(node.value("padding", default="valid"))


def pad(
    x: Array, sizes: tuple[int, ...], strides: tuple[int, ...], mode: str, generation: WriterVersions, fill: float = 0
) -> Array:
    """A channels_last tensor with the padding for a window of these sizes."""
    if mode == "valid":
        return x
    margins = [(0, 0)]
    for axis, (size, stride) in enumerate(zip(sizes, strides), 1):
        length = x.shape[axis]
        outputs = -(-length // stride)
        if mode == "causal":
            margins.append((size - 1, 0))
        elif mode == "same":
            total = max((outputs - 1) * stride + size - length, 0)
            before = size // 2 if generation.backend == "theano" else total // 2
            margins.append((before, max(total - before, 0)))
        else:
            raise UnsupportedLayer(f"padding {mode!r}")
    return np.pad(x, [*margins, (0, 0)], constant_values=fill)


def windows(
    x: Array, sizes: tuple[int, ...], strides: tuple[int, ...], dilations: tuple[int, ...]
) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Each offset in the window, with the values of `x` at this offset for all outputs."""
    spans = [(size - 1) * rate + 1 for size, rate in zip(sizes, dilations)]
    counts = [(x.shape[axis] - span) // stride + 1 for axis, (span, stride) in enumerate(zip(spans, strides), 1)]
    if min(counts) < 1:
        raise UnsupportedLayer("an input that is smaller than the window")
    for place in product(*(range(size) for size in sizes)):
        index = [slice(None)]
        for offset, rate, stride, count in zip(place, dilations, strides, counts):
            start = offset * rate
            index.append(slice(start, start + (count - 1) * stride + 1, stride))
        yield place, x[tuple(index)]


def correlate(x: Array, kernel: Array, strides: tuple[int, ...], dilations: tuple[int, ...], groups: int = 1) -> Array:
    """Cross-correlation with a kernel of shape (spatial axes, input channels, filters)."""
    sizes = kernel.shape[:-2]
    filters, width = kernel.shape[-1] // groups, x.shape[-1] // groups
    if groups == 1:
        return _sum(part @ kernel[place] for place, part in windows(x, sizes, strides, dilations))
    return _sum(
        np.concatenate(
            [
                part[..., g * width : (g + 1) * width] @ kernel[place][:, g * filters : (g + 1) * filters]
                for g in range(groups)
            ],
            axis=-1,
        )
        for place, part in windows(x, sizes, strides, dilations)
    )


def _sum(arrays: Iterator[Array]) -> Array:
    """The sum of arrays of one shape, in the memory of the first."""
    return reduce(lambda total, array: np.add(total, array, out=total), arrays)


def kernel_of(node: SavedLayer, generation: WriterVersions, role: str = "kernel") -> Array:
    """The kernel with axes (spatial, input channels, filters), not reversed."""
    return orient(node, node.arrays[role].astype(np.float64), generation)


@computes("Conv1D", "Conv2D", "Conv3D")
def convolution(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    values = to_channels_last(x.values, node.has_channels_first)
    count = values.ndim - 2
    kernel = kernel_of(node, generation)
    if kernel.shape[:-2] != kernel_size_of(node, count):
        raise UnsupportedLayer(f"a kernel of the shape {kernel.shape}")
    strides, dilations = strides_of(node, count), dilations_of(node, count)
    spans = tuple((size - 1) * rate + 1 for size, rate in zip(kernel.shape[:-2], dilations))
    values = pad(values, spans, strides, padding_of(node), generation)
    y = correlate(values, kernel, strides, dilations, int(node.value("groups", default=1)))
    return add_bias_and_activate(node, y, generation)


def add_bias_and_activate(node: SavedLayer, y: Array, generation: WriterVersions) -> MaskedTensor:
    """Adds the bias and applies the activation, in the axis order of the file."""
    y = from_channels_last(plus_bias(node, y), node.has_channels_first)
    if node.has_channels_first and "bias" in node.arrays and generation.keras >= 3 and y.shape[1] == y.shape[-1]:
        # Keras surprise: the TensorFlow backend takes the last axis as the channels if it has their size.
        raise UnsupportedLayer(f"{node.kind} with channels_first and a last axis of the size of the channels")
    return MaskedTensor(activation_from_config(node, generation)(y))


@computes("DepthwiseConv1D", "DepthwiseConv2D")
def depthwise(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    values = to_channels_last(x.values, node.has_channels_first)
    y = _each_channel(node, values, kernel_of(node, generation, "kernel"), generation)
    return add_bias_and_activate(node, y, generation)


@computes("SeparableConv1D", "SeparableConv2D")
def separable(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    values = to_channels_last(x.values, node.has_channels_first)
    y = _each_channel(node, values, kernel_of(node, generation, "depthwise_kernel"), generation)
    y = y @ kernel_of(node, generation, "pointwise_kernel").reshape(y.shape[-1], -1)
    return add_bias_and_activate(node, y, generation)


def _each_channel(node: SavedLayer, values: Array, kernel: Array, generation: WriterVersions) -> Array:
    count = values.ndim - 2
    strides, dilations = strides_of(node, count), dilations_of(node, count)
    spans = tuple((size - 1) * rate + 1 for size, rate in zip(kernel.shape[:-2], dilations))
    values = pad(values, spans, strides, padding_of(node), generation)
    return _sum(
        (part[..., None] * kernel[place]).reshape(*part.shape[:-1], -1)
        for place, part in windows(values, kernel.shape[:-2], strides, dilations)
    )


@computes("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
def transposed(node: SavedLayer, x: MaskedTensor, generation: WriterVersions) -> MaskedTensor:
    """Transposed convolution: each input value adds its multiple of the kernel to the output."""
    values = to_channels_last(x.values, node.has_channels_first)
    count = values.ndim - 2
    kernel = kernel_of(node, generation)
    sizes, strides = kernel.shape[:count], strides_of(node, count)
    if any(rate != 1 for rate in dilations_of(node, count)):
        raise UnsupportedLayer("a transposed convolution with dilation_rate")
    mode = padding_of(node)
    lengths = values.shape[1:-1]
    full = [(length - 1) * stride + size for length, stride, size in zip(lengths, strides, sizes)]
    filters = kernel.shape[count]
    y = np.zeros((values.shape[0], *full, filters))
    for place in product(*(range(size) for size in sizes)):
        index = tuple(
            slice(offset, offset + (length - 1) * stride + 1, stride)
            for offset, length, stride in zip(place, lengths, strides)
        )
        y[(slice(None), *index)] += values @ kernel[place].T
    wanted = _output_lengths(node, lengths, sizes, strides, mode, generation)
    cut = [slice(None)]
    for have, want in zip(full, wanted):
        start = max(have - want, 0) // 2 if mode == "same" else 0
        if have < start + want:
            # The remainder of a stride that is larger than the kernel.
            margin = [(0, start + want - have if axis == len(cut) else 0) for axis in range(y.ndim)]
            y = np.pad(y, margin)
        cut.append(slice(start, start + want))
    return add_bias_and_activate(node, y[tuple(cut)], generation)


def _output_lengths(
    node: SavedLayer,
    lengths: tuple[int, ...],
    sizes: tuple[int, ...],
    strides: tuple[int, ...],
    mode: str,
    generation: WriterVersions,
) -> list[int]:
    if generation.keras == 1 and (shape := output_lengths(node)):
        return shape
    extra = node.value("output_padding")
    if extra is not None:
        return [
            (length - 1) * stride + size - (2 * (size // 2) if mode == "same" else 0) + more
            for length, stride, size, more in zip(lengths, strides, sizes, per_axis(extra, len(lengths)))
        ]
    if mode == "same":
        return [length * stride for length, stride in zip(lengths, strides)]
    return [length * stride + max(size - stride, 0) for length, stride, size in zip(lengths, strides, sizes)]
