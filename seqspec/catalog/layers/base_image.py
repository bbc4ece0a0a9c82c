"""What the image layers have in common: how they treat a tensor, and the kinds of their arguments.

Keras reads the shape of their output from the arguments alone and traces nothing. So a tensor of any rank and dtype
passes most of them, and a mistake that only the computation would find stays unseen until data arrives.
"""

from __future__ import annotations

from typing import Any

from seqspec.catalog.arguments import arg
from seqspec.catalog.environment import Environment
from seqspec.catalog.kinds import Choice, Integer, Kind, ListOf, Number, Optional, Text, show_value
from seqspec.catalog.layer import Layer
from seqspec.diagnostics.problem import Problem
from seqspec.shapes.tensor import TensorSpec


class ImageLayer(Layer):
    """A layer that changes images and has no weights.

    It gives its own dtype whatever arrives, and masks end here. Random changes happen only in training; a resize is
    neither a matrix product nor a convolution: no multiply-adds are counted.
    """

    data_format: str | None = arg(
        Optional(Choice("channels_last", "channels_first", folded=True)),
        "Where the channels stand, last where nothing is said.",
        default=None,
    )
    bounding_box_format: str | None = arg(
        Optional(Text('a format such as "xyxy"')), "How bounding boxes are written that come with images.", default=None
    )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        arguments = dict(cls.arguments)
        common = {name: arguments.pop(name) for name in (*_COMMON, *Layer.arguments) if name in arguments}
        cls.arguments = arguments | common

    @property
    def channels_first(self) -> bool:
        """Whether the channels stand before height and width."""
        return self.data_format == "channels_first"

    def output(self, x: TensorSpec, env: Environment) -> TensorSpec:
        return TensorSpec(x.dims, self.compute_dtype(env))


_COMMON = ("data_format", "bounding_box_format")


class Factor(Kind):
    """How strong a change is: one number, or the two between which it is drawn.

    Args:
        low: The least number.
        high: The greatest number.
        each: Whether both numbers of a pair must lie within. Keras surprise: of most pairs it only asks that the first
            is not above `high` and the second not below `low`, so that `[-5, 0.5]` passes for `[-1, 1]`.
        empty: Whether an empty list is read. Keras surprise: where it is, it means 0.
    """

    neutral = True

    def __init__(self, low: float, high: float, each: bool = False, empty: bool = False) -> None:
        self.low = low
        self.high = high
        self.each = each
        self.empty = empty

    def read(self, value: Any) -> float | list[float]:
        if not isinstance(value, (list, tuple)):
            number = _NUMBER.read(value) if isinstance(value, str) else value
            if type(number) is not float and type(number) is not int:
                raise self.refuse(value)
            if self.low <= number <= self.high:
                return number
            raise Problem("bad-value", f"needs {self.describe()}, got {show_value(value)}")
        pair = _NUMBERS.read(value)
        if len(pair) != 2:
            if not pair and self.empty:
                return pair
            raise Problem("bad-value", f"needs {self.describe()}, got {show_value(value)} with {len(pair)}")
        if self.each:
            wrong = next((index for index, item in enumerate(pair) if not self.low <= item <= self.high), None)
        else:
            wrong = 0 if pair[0] > self.high else 1 if pair[1] < self.low else None
        if wrong is None:
            return pair
        raise Problem("bad-value", f"needs {self.describe()}, got {show_value(value)}", path=(wrong,))

    def describe(self) -> str:
        return f"a number from {self.low:g} to {self.high:g}, or a list of two"


class OddSize(Kind):
    """The size of a blur: an odd whole number, or two of them. Keras surprise: negative ones pass."""

    neutral = True

    def read(self, value: Any) -> int | list[int]:
        if type(value) is int:
            if value % 2:
                return value
        elif isinstance(value, (list, tuple)):
            sizes: list[int] = _WHOLE_NUMBERS.read(value)
            if len(sizes) == 2 and all(size % 2 for size in sizes):
                return sizes
        else:
            raise self.refuse(value)
        raise Problem("bad-value", f"needs {self.describe()}, got {show_value(value)}")

    def describe(self) -> str:
        return "an odd whole number, or a list of two"


class Seed(Integer):
    """A random seed: a whole number that fits 64 bits."""

    neutral = True

    def __init__(self) -> None:
        super().__init__(-(2**63), 2**63 - 1)

    def describe(self) -> str:
        return "a whole number of at most 64 bits"


class WholeNumber(Integer):
    """A whole number that changes no shape."""

    neutral = True


NUMBER = Number(neutral=True)
PAIR = ListOf(NUMBER, 2, 2)
"""Two numbers, such as the range of the pixels."""

NUMBERS = ListOf(NUMBER)
"""A range of the pixels that Keras looks at only when it computes. Keras surprise: any count of numbers passes."""

SEED = Optional(Seed())
INTERPOLATION = Choice("nearest", "bilinear", neutral=True)
FILL_MODE = Choice("reflect", "wrap", "constant", "nearest", neutral=True)

_NUMBER = Number()
_NUMBERS = ListOf(_NUMBER)
_WHOLE_NUMBERS = ListOf(Integer())
