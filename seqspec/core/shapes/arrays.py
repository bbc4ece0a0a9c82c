"""The shapes of nested lists and encoded categories, and of what layers reshape, crop, pad, convolve and pool."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from seqspec.core.shapes.tensor import Dim, Shape, Size, all_known, ceil_div, product


def array_shape(values: object) -> tuple[int, ...] | None:
    """The shape of nested lists as NumPy sees it; None where their lengths differ. A number alone has no axes."""
    if not isinstance(values, list):
        return ()
    shapes = {array_shape(value) for value in values}
    if len(shapes) > 1 or None in shapes:
        return None
    return (len(values), *(shapes.pop() or () if shapes else ()))


def broadcasts_to(shape: tuple[int, ...], target: Sequence[int]) -> bool:
    """Whether an array of `shape` can be repeated along its axes of 1 to fill `target`."""
    return len(shape) <= len(target) and all(
        size in (1, wanted) for size, wanted in zip(reversed(shape), reversed(target))
    )


def broadcast(a: Shape, b: Shape) -> Shape | None:
    """The shape of an element-wise operation on two tensors; None where they cannot go together.

    An unknown size beside one above 1 must turn out to be that; beside 0 or 1 it stays unknown.
    """
    sizes: list[Size] = []
    for x, y in zip_longest(reversed(a), reversed(b), fillvalue=1):
        if x == 1 or (isinstance(y, int) and y > 1 and not isinstance(x, int)):
            sizes.append(y)
        elif y == 1 or x == y or not isinstance(x, int):
            sizes.append(x)
        elif isinstance(y, int):
            return None
        else:
            sizes.append(x if x > 1 else y)
    return tuple(reversed(sizes))


def one_hot_shape(dims: Shape, depth: Size) -> Shape:
    """One vector of `depth` for each element; a last axis of 1 is replaced: (8, 3) → (8, 3, 5), (8, 1) → (8, 5)."""
    return (*(dims[:-1] if len(dims) > 1 and dims[-1] == 1 else dims), depth)


def bag_shape(dims: Shape, depth: Size) -> Shape:
    """One vector of `depth` for the whole last axis: (8, 3) → (8, 5)."""
    return (*dims[:-1], depth)


Pair = tuple[int, int]


def flattened(sizes: Shape) -> Size:
    """The number of elements, unknown as soon as one size is: `("T", 0)` is unknown for Keras, not 0."""
    return product(sizes) if all_known(sizes) else _unknown(product(sizes))


def reshaped(sizes: Shape, target: Sequence[int | None]) -> Shape | None:
    """`sizes` laid out as `target`, whose -1 takes what is left; None where the elements do not fit.

    An entry None is a size that stays unknown. As long as a size is unknown on either side, anything fits.
    """
    rest = product(size for size in target if size is not None and size != -1)
    assert isinstance(rest, int)
    if None in target:
        return tuple(Dim() if size is None or size == -1 else size for size in target)
    if not all_known(sizes):
        left = _unknown(product(sizes) // rest if rest else Dim())
        return tuple(left if size == -1 else size for size in target if size is not None)
    total = product(sizes)
    assert isinstance(total, int)
    if -1 not in target:
        return tuple(size for size in target if size is not None) if total == rest else None
    if rest == 0 or total % rest:
        return None
    return tuple(total // rest if size == -1 else size for size in target if size is not None)


def _unknown(size: Size) -> Dim:
    return size if isinstance(size, Dim) else Dim()


def cropped(size: Size, crop: Pair) -> Size:
    """What is left of one axis after cutting at both ends; zero or less where the cut takes all."""
    return size - (crop[0] + crop[1])


def padded(size: Size, pad: Pair) -> Size:
    """One axis with values added at both ends; a negative number takes away."""
    return size + (pad[0] + pad[1])


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


def per_axis(value: int | Sequence[int], axes: int) -> tuple[int, ...]:
    """The value for each axis, from one for all of them or one for each."""
    return (value,) * axes if isinstance(value, int) else tuple(value)
