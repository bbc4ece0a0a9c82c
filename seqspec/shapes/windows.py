"""How a sliding window changes one size: convolution, pooling and their transposes."""

from __future__ import annotations

from seqspec.shapes.dims import Size, ceil_div


def window_output(size: Size, kernel: int, stride: int, padding: str, dilation: int = 1) -> Size:
    """The number of places where a window fits; zero or less where it never does.

    `padding` is `"valid"`, `"same"` or `"causal"`. A `"valid"` window of 3 gives `size - 2`.
    """
    if padding != "valid":
        return ceil_div(size, stride)
    reach = dilation * (kernel - 1) + 1
    return (size - reach + stride) // stride
