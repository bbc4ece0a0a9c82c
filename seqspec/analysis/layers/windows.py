"""The inputs that the windows of convolutions and pooling layers are applied to."""

from __future__ import annotations

from typing import NamedTuple

from seqspec.analysis.flow import Flow
from seqspec.analysis.layer_report import LayerReport
from seqspec.shapes.dims import Size


class Window(NamedTuple):
    """A convolution or pooling layer, its window and the spatial sizes of its input, axis by axis."""

    entry: LayerReport
    window: tuple[int, ...]
    sizes: tuple[Size, ...]


def find_windows(flow: Flow) -> list[Window]:
    """The layers with a window, except for transposed convolutions, which upsample."""
    found: list[Window] = []
    for step in flow:
        entry = step.entry
        if "convolution" in entry.traits:
            window = entry.argument("kernel_size")
        elif "pooling" in entry.traits:
            window = entry.argument("pool_size")
        else:
            continue
        if window is None:
            continue
        dims = entry.input.dims
        sizes = dims[2:] if entry.argument("data_format") == "channels_first" else dims[1:-1]
        reach = (window,) * len(sizes) if isinstance(window, int) else tuple(window)
        found.append(Window(entry, reach, sizes))
    return found
