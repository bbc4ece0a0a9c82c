"""The inputs that the windows of convolutions and pooling layers are applied to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from seqspec.core.analysis.flow import Flow
from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.shapes.tensor import Size


class Window(NamedTuple):
    """A convolution or pooling layer, its window, its strides and the spatial sizes of its input, axis by axis."""

    entry: LayerReport
    window: tuple[int, ...]
    strides: tuple[int, ...]
    sizes: tuple[Size, ...]


def find_windows(flow: Flow) -> list[Window]:
    """The layers with a window, except for transposed convolutions, which upsample."""
    windows: list[Window] = []
    for step in flow:
        entry = step.entry
        key = "kernel_size" if "convolution" in entry.traits else "pool_size" if "pooling" in entry.traits else None
        if key is None:
            continue
        arguments = vars(entry.layer)
        window, strides = arguments.get(key), arguments.get("strides")
        if window is None:
            continue
        dims = entry.input.dims
        sizes = dims[2:] if arguments.get("data_format") == "channels_first" else dims[1:-1]
        window_sizes = _each(window, len(sizes))
        # Pooling layers without strides use the size of their window.
        windows.append(
            Window(entry, window_sizes, window_sizes if strides is None else _each(strides, len(sizes)), sizes)
        )
    return windows


def _each(value: int | Sequence[int], axes: int) -> tuple[int, ...]:
    return (value,) * axes if isinstance(value, int) else tuple(value)
