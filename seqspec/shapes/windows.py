"""How a sliding window changes one size: convolution, pooling and their transposes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqspec.shapes.dims import Shape, Size, ceil_div


def window_reach(kernel: int, dilation: int = 1) -> int:
    """The size that a window covers: a kernel of 3 with a dilation of 2 covers 5."""
    return dilation * (kernel - 1) + 1


def window_output(size: Size, kernel: int, stride: int, padding: str, dilation: int = 1) -> Size:
    """The number of places where a window fits; zero or less where it never does.

    `padding` is `"valid"`, `"same"` or `"causal"`. A `"valid"` window of 3 returns `size - 2`.
    """
    if padding != "valid":
        return ceil_div(size, stride)
    return (size - window_reach(kernel, dilation) + stride) // stride


def transposed_output(
    size: Size, kernel: int, stride: int, padding: str, dilation: int = 1, output_padding: int | None = None
) -> Size:
    """The size that a transposed window makes of `size`; zero or less where nothing is left.

    Without `output_padding` it is what a convolution with the same arguments turns back into `size`: `"same"` with a
    stride of 2 returns `size * 2`.
    """
    reach = window_reach(kernel, dilation)
    if output_padding is None:
        return size * stride if padding == "same" else (size - 1) * stride + max(reach, stride)
    return (size - 1) * stride + (reach % 2 if padding == "same" else reach) + output_padding


def spatial(dims: Shape, channels_first: bool) -> Shape:
    """The sizes between the batch and the channels."""
    return dims[2:] if channels_first else dims[1:-1]


def channels(dims: Shape, channels_first: bool) -> Size:
    """The number of channels of a tensor with at least one axis beside the batch."""
    return dims[1] if channels_first else dims[-1]


def arranged(batch: Size, sizes: Sequence[Size], channels: Size, channels_first: bool) -> Shape:
    """A shape of these sizes, with the channels where the data format has them."""
    return (batch, channels, *sizes) if channels_first else (batch, *sizes, channels)


def stretched(values: tuple[object, ...], count: int) -> tuple[Any, ...]:
    """One value for each of `count`, where there is a single value; several stay as they are."""
    return values * count if len(values) == 1 else values
