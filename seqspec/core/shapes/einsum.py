"""The equations of einsum with one input and one weight: `ab,bc->ac`, `...x,xy->...y`, `ab...,bc->ac...`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from seqspec.core.shapes.tensor import Dim, Shape, Size, show

_EQUATION = re.compile(r"(0?)([a-zA-Z]+)(0?),([a-zA-Z]+)->\1([a-zA-Z]+)(0?)")


class Equation(NamedTuple):
    """A parsed equation: the letters of its three parts, whether they start with `...`, or contain it."""

    input: str
    weight: str
    output: str
    left: bool
    open: bool


class EquationMismatch(ValueError):
    """An equation that does not match the sizes; `argument` is the argument at fault, None for the input tensor."""

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
    return Equation(letters, weight, output, bool(left), bool(left or right))


def einsum_shapes(
    equation: Equation, x: Shape, output: Sequence[int | None], bias_axes: str | None, output_first: bool
) -> Shapes:
    """The shapes of weight, bias and output for an input `x`, batch first; raises `EquationMismatch`.

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
            raise EquationMismatch(f"sets axis {letter} to {wanted}, but the input has {size}", "output_shape")
        if isinstance(wanted, Dim) and isinstance(size, Dim):
            result[places[letter]] = size
    for letter in equation.output:
        if letter not in inputs and letter not in equation.weight:
            raise EquationMismatch(
                f"has an output letter {letter} that is in neither the input nor the weight", "equation"
            )
    weight = tuple(_weight_size(letter, inputs, places, result, output_first) for letter in equation.weight)
    bias = None if bias_axes is None else _bias(equation, bias_axes, result, shift, extra)
    return Shapes(weight, bias, tuple(result))


def contracted(equation: Equation, x: Shape, weight: Shape) -> Shape:
    """The shape that comes out where the equation is computed, which may differ from what is reported without that.

    Raises `EquationMismatch` where it cannot be computed.
    """
    extra = len(x) - len(equation.input)
    if _relabelled(equation) in _PRODUCTS and not equation.open:
        # Keras surprise: it computes these as a product along the last axis, whatever the leading axes.
        inner, outer = weight if equation.weight[0] == equation.input[-1] else weight[::-1]
        if isinstance(x[-1], int) and x[-1] != inner:
            raise EquationMismatch(f"multiplies the last axis of {show(x[1:])} with a kernel of {inner} rows")
        return (*x[:-1], outer)
    if extra < 0 or (extra and not equation.open):
        raise EquationMismatch(
            f"has {len(equation.input)} input axes including the batch, but the input is {show(x[1:])}"
        )
    twice = next((letter for letter in equation.output if equation.output.count(letter) > 1), None)
    if twice is not None:
        raise EquationMismatch(f"has the output letter {twice} twice")
    free, named = (x[:extra], x[extra:]) if equation.left else (x[len(equation.input) :], x[: len(equation.input)])
    sizes: dict[str, Size] = {}
    for letter, size in (*zip(equation.input, named), *zip(equation.weight, weight)):
        size_known = sizes.get(letter, size)
        if isinstance(size_known, int) and isinstance(size, int) and size_known != size:
            raise EquationMismatch(f"has conflicting sizes for axis {letter}: {size_known} and {size}")
        sizes[letter] = size_known if isinstance(size_known, int) else size
    result = tuple(sizes[letter] for letter in equation.output)
    return (*free, *result) if equation.left else (*result, *free)


_PRODUCTS = {"ab,bc->ac", "ab,cb->ac", "abc,cd->abd", "abc,dc->abd"}


def _relabelled(equation: Equation) -> str:
    """The equation with its letters in alphabetical order."""
    letters = {letter: chr(97 + i) for i, letter in enumerate(dict.fromkeys(equation.input + equation.weight))}
    parts = ("".join(letters.get(symbol, symbol) for symbol in part) for part in equation[:3])
    return "{},{}->{}".format(*parts)


def _at(sizes: Sequence[Size], index: int, side: str, letter: str) -> Size:
    try:
        return sizes[index]
    except IndexError:
        shape = show(tuple(sizes[1:]))
        if side == "input":
            raise EquationMismatch(f"has more axes than {shape} (the batch axis needs a letter too)") from None
        raise EquationMismatch(f"has no size for axis {letter} of the equation's output", "output_shape") from None


def _weight_size(
    letter: str, inputs: dict[str, Size], places: dict[str, int], result: Sequence[Size], output_first: bool
) -> Size:
    if letter in inputs and (letter not in places or not output_first):
        return inputs[letter]
    if letter in places:
        return _at(result, places[letter], "output", letter)
    raise EquationMismatch(f"has a weight letter {letter} that is in neither the input nor the output", "equation")


def _bias(equation: Equation, axes: str, result: Sequence[Size], shift: int, extra: int) -> Shape:
    sizes = {letter: _at(result, i + shift, "output", letter) for i, letter in enumerate(equation.output)}
    for letter in axes:
        if letter not in sizes:
            raise EquationMismatch(f'has a letter {letter} that is not in the output "{equation.output}"', "bias_axes")
    if not axes:
        raise EquationMismatch('is empty; write "none" for a layer without bias', "bias_axes")
    first = min(equation.output.find(letter) for letter in axes)
    shape = tuple(sizes[letter] if letter in axes else 1 for letter in equation.output[first:])
    return shape if equation.left else shape + (1,) * extra
