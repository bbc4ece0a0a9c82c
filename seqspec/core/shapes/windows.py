"""How a sliding window changes one size: convolution, pooling and their transposes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqspec.core.shapes.dims import Shape, Size, ceil_div


def effective_window_size(kernel: int, dilation: int = 1) -> int:
    """The size of a dilated window: a kernel of 3 with a dilation of 2 covers 5 positions."""
    return dilation * (kernel - 1) + 1


def window_output(size: Size, kernel: int, stride: int, padding: str, dilation: int = 1) -> Size:
    """The number of positions of a sliding window; zero or less where it is larger than `size`.

    `padding` is `"valid"`, `"same"` or `"causal"`. A `"valid"` window of 3 returns `size - 2`.
    """
    if padding != "valid":
        return ceil_div(size, stride)
    return (size - effective_window_size(kernel, dilation) + stride) // stride


def transposed_output(
    size: Size, kernel: int, stride: int, padding: str, dilation: int = 1, output_padding: int | None = None
) -> Size:
    """The output size of a transposed window over `size` positions; zero or less where nothing is left.

    Without `output_padding`, a convolution with the same arguments maps the result to `size` again: `"same"` with a
    stride of 2 returns `size * 2`.
    """
    effective = effective_window_size(kernel, dilation)
    if output_padding is None:
        return size * stride if padding == "same" else (size - 1) * stride + max(effective, stride)
    return (size - 1) * stride + (effective % 2 if padding == "same" else effective) + output_padding


def spatial(dims: Shape, channels_first: bool) -> Shape:
    """The sizes between the batch and the channels."""
    return dims[2:] if channels_first else dims[1:-1]


def channels(dims: Shape, channels_first: bool) -> Size:
    """The number of channels of a tensor with at least one axis besides the batch."""
    return dims[1] if channels_first else dims[-1]


def arranged(batch: Size, sizes: Sequence[Size], channels: Size, channels_first: bool) -> Shape:
    """The shape with these spatial sizes, in the order of the data format."""
    return (batch, channels, *sizes) if channels_first else (batch, *sizes, channels)


def repeated_per_axis(values: tuple[object, ...], count: int) -> tuple[Any, ...]:
    """A single value repeated `count` times; several values are returned unchanged."""
    return values * count if len(values) == 1 else values
