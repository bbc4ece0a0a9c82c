"""What the windows of convolutions and poolings slide over."""

from __future__ import annotations

from typing import Any, NamedTuple

from seqspec.analysis.facts import LayerReport
from seqspec.analysis.flow import Flow
from seqspec.analysis.roles import CONVOLUTION, POOLING
from seqspec.shapes.dims import Size


class Window(NamedTuple):
    """A convolution or pooling, its window and the sizes of the map that arrives, an axis after the other."""

    entry: LayerReport
    window: tuple[int, ...]
    sizes: tuple[Size, ...]


def find_windows(flow: Flow) -> list[Window]:
    """The layers that slide a window; transposed convolutions, which grow a map, are none of them."""
    found: list[Window] = []
    for step in flow:
        entry = step.entry
        if entry.type not in CONVOLUTION and (entry.type not in POOLING or entry.type.startswith("Adaptive")):
            continue
        layer: Any = entry.layer
        window = layer.kernel_size if entry.type in CONVOLUTION else layer.pool_size
        dims = entry.input.dims
        sizes = dims[2:] if getattr(layer, "data_format", None) == "channels_first" else dims[1:-1]
        reach = (window,) * len(sizes) if isinstance(window, int) else tuple(window)
        found.append(Window(entry, reach, sizes))
    return found
