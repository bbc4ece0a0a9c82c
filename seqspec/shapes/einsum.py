"""The equations of einsum with one input and one weight: `ab,bc->ac`, `...x,xy->...y`, `ab...,bc->ac...`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from seqspec.shapes.dims import Dim, Shape, Size, show

_EQUATION = re.compile(r"(0?)([a-zA-Z]+)(0?),([a-zA-Z]+)->\1([a-zA-Z]+)(0?)")


class Equation(NamedTuple):
    """A parsed equation: the letters of its three parts, and whether `...` stands on their left."""

    input: str
    weight: str
    output: str
    left: bool


class Mismatch(ValueError):
    """An equation that does not suit the sizes; `argument` is what is wrong, None for the tensor that arrives."""

    def __init__(self, message: str, argument: str | None = None) -> None:
        super().__init__(message)
        self.argument = argument


class Shapes(NamedTuple):
    """What an equation makes: the shapes of the weight and the bias, and of the output, batch first."""

    weight: Shape
    bias: Shape | None
    output: Shape


def parse_equation(text: str) -> Equation | None:
    """The equation, or None where Keras reads none of its three forms in the text."""
    # Keras surprise: whatever follows the output is ignored, and a digit 0 is as good as three dots.
    match = _EQUATION.match(text.replace("...", "0"))
    if match is None:
        return None
    left, letters, right, weight, output, end = match.groups()
    if right and (left or not end or len(letters) < 2):
        return None
    return Equation(letters, weight, output, bool(left))


def einsum_shapes(
    equation: Equation, x: Shape, output: Sequence[int | None], bias_axes: str | None, output_first: bool
) -> Shapes:
    """The shapes of weight, bias and output for an input `x`, batch first; raises `Mismatch`.

    `output` is the author's output shape without batch, None where a size is left open. A letter of the weight that
    names both an axis of the input and one of the output takes its size from the output if `output_first`.
    """
    extra = len(x) - len(equation.input)
    result: list[Size] = [x[0], *(Dim() if size is None else size for size in output)]
    if extra > 0 and equation.left:
        # Keras surprise: the axes that `...` stands for come out in reverse order.
        result[1:1] = reversed(x[1:extra])
    elif extra > 0:
        # Keras surprise: so do the surplus axes of an equation without `...`, though it cannot be computed.
        result += x[len(x) - extra :]
    start = -len(equation.input) if equation.left else 0
    axes = {letter: start + i for i, letter in enumerate(equation.input)}
    inputs = {letter: _at(x, axis, "input", letter) for letter, axis in axes.items()}
    shift = extra if equation.left else 0
    places = {letter: i + shift for i, letter in enumerate(equation.output)}
    for letter, size in inputs.items():
        if letter not in places:
            continue
        wanted = _at(result, places[letter], "output", letter)
        if isinstance(wanted, int) and wanted != size:
            raise Mismatch(f"gives axis {letter} the size {wanted}, but the input has {size} there", "output_shape")
        if isinstance(wanted, Dim) and isinstance(size, Dim):
            result[places[letter]] = size
    for letter in equation.output:
        if letter not in inputs and letter not in equation.weight:
            raise Mismatch(f"has a letter {letter} in its output that neither the input nor the weight has", "equation")
    weight = tuple(_weight_size(letter, inputs, places, result, output_first) for letter in equation.weight)
    bias = None if bias_axes is None else _bias(equation, bias_axes, result, shift, extra)
    return Shapes(weight, bias, tuple(result))


def _at(sizes: Sequence[Size], place: int, side: str, letter: str) -> Size:
    try:
        return sizes[place]
    except IndexError:
        shape = show(tuple(sizes[1:]))
        if side == "input":
            raise Mismatch(f"names more axes than {shape} has (the batch takes a letter too)") from None
        raise Mismatch(f"has no size for the axis {letter} of the equation's output", "output_shape") from None


def _weight_size(
    letter: str, inputs: dict[str, Size], places: dict[str, int], result: Sequence[Size], output_first: bool
) -> Size:
    if letter in inputs and (letter not in places or not output_first):
        return inputs[letter]
    if letter in places:
        return _at(result, places[letter], "output", letter)
    raise Mismatch(f"has a letter {letter} in its weight that neither the input nor the output has", "equation")


def _bias(equation: Equation, axes: str, result: Sequence[Size], shift: int, extra: int) -> Shape:
    sizes = {letter: _at(result, i + shift, "output", letter) for i, letter in enumerate(equation.output)}
    for letter in axes:
        if letter not in sizes:
            raise Mismatch(f'has a letter {letter} that the output "{equation.output}" has not', "bias_axes")
    if not axes:
        raise Mismatch('names no axis; write "none" for a layer without bias', "bias_axes")
    first = min(equation.output.find(letter) for letter in axes)
    shape = tuple(sizes[letter] if letter in axes else 1 for letter in equation.output[first:])
    return shape if equation.left else shape + (1,) * extra
