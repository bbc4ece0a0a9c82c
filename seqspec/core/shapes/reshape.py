"""How layers rearrange a tensor's axes: flattening, reshaping, cropping, padding."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.core.shapes.dims import Dim, Shape, Size, all_known, product

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
