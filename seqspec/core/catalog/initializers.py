"""The classes of `keras.initializers`."""

import math
from typing import Annotated, Any, Literal

from pydantic import Field

from seqspec.core.catalog.dtypes import COMPLEX, FLOATS, INTEGERS
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.markers import NEUTRAL, SHAPING, Expects, Since
from seqspec.core.catalog.types import ANY_CASE, Maybe, Number, NumberArray, PositiveNumber, Seed64, read_by
from seqspec.core.catalog.validation import validate
from seqspec.core.diagnostics.message import Setting, fmt, quote_value
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.language.keys import snake_case

_FLOAT32_MAX = 3.4028234663852886e38
_INT64 = 2**63
_AXES_IN = "Axes that count as inputs; found by position where none are given."
_AXES_OUT = "Axes that count as outputs; found by position where none are given."


Seed = Annotated[Seed64, Expects("an integer")]
"""A random seed: an integer that TensorFlow can hold."""


def _numbers(value: object) -> object:
    if isinstance(value, (list, tuple)):
        items = [_numbers(item) for item in value]
        if len({_shape(item) for item in items}) > 1:
            raise Violation("bad-value", "needs lists of equal length, got lists of several lengths")
        return items
    if value is True or value is False:
        return value
    number = validate(Number, value)
    if abs(number) > (_INT64 - 1 if isinstance(number, int) else _FLOAT32_MAX):
        raise Violation("bad-value", fmt("needs a number that fits in float32, got {}", quote_value(value)))
    return number


Numbers = Annotated[Any, *read_by(_numbers, "a number, or a list of numbers", NumberArray(flags=True), NEUTRAL)]
"""A number, or numbers in nested lists of equal length."""


def _shape(value: object) -> tuple[int, ...]:
    if not isinstance(value, list):
        return ()
    return (len(value), *(_shape(value[0]) if value else ()))


class Initializer(KerasObject):
    """The initial value of a variable."""

    def refuses(self, shape: tuple[int, ...], dtype: str) -> Violation | None:
        """The problem where Keras cannot fill a variable of this shape and dtype; None where it can."""
        return None


class Zeros(Initializer):
    """Zeros."""


class Ones(Initializer):
    """Ones."""

    def refuses(self, shape: tuple[int, ...], dtype: str) -> Violation | None:
        return _cannot_fill(self, dtype) if dtype == "string" else None


class Constant(Initializer):
    """One value, or given values that broadcast to the variable's shape."""

    value: Numbers = Field(default=0.0, description="The value, or values in nested lists.")

    def refuses(self, shape: tuple[int, ...], dtype: str) -> Violation | None:
        if dtype == "string":
            return _cannot_fill(self, dtype)
        value_shape = _shape(self.value)
        if all(mine in (size, 1) or size == 1 for mine, size in zip(reversed(value_shape), reversed(shape))):
            return None
        return _cannot_shape(self, f"holds values of shape {_show(value_shape)}, but the variable's is {_show(shape)}")


class Identity(Initializer):
    """The identity matrix."""

    gain: Number = Field(default=1.0, description="Factor on the matrix.")

    def refuses(self, shape: tuple[int, ...], dtype: str) -> Violation | None:
        if len(shape) != 2:
            return _cannot_shape(self, f"fills matrices only, but the variable's shape is {_show(shape)}")
        return _float_factor(self, self.gain, dtype)


class STFT(Initializer):
    """The kernel of a short-time Fourier transform, one of its real and imaginary parts."""

    side: Literal["real", "imag"] = Field(default="real", description="Which part of the complex kernel.")
    window: Maybe[Annotated[str, Expects("the name of a window"), SHAPING] | list[Number]] = Field(
        default="hann", description="Window function of SciPy by name, or its values."
    )
    scaling: Maybe[Literal["density", "spectrum"]] = Field(default="density", description="How the window is scaled.")
    periodic: bool = Field(default=False, description="Whether the window is periodic.")

    def refuses(self, shape: tuple[int, ...], dtype: str) -> Violation | None:
        if len(shape) != 3:
            return _cannot_shape(self, f"fills kernels of three axes, but the variable's shape is {_show(shape)}")
        if isinstance(self.window, list) and len(self.window) != shape[0]:
            return _cannot_shape(
                self, f"has a window of {len(self.window)} values, but the variable's shape is {_show(shape)}"
            )
        if isinstance(self.window, str) and shape[0] == 0:
            return _cannot_shape(self, f"makes no window of length 0, but the variable's shape is {_show(shape)}")
        return None if dtype in FLOATS else _cannot_fill(self, dtype)


class _RandomInitializer(Initializer):
    trailing = ("seed", "input_axes", "output_axes")

    seed: Maybe[Seed] = Field(default=None, description="Random seed.")

    def refuses(self, shape: tuple[int, ...], dtype: str) -> Violation | None:
        return None if dtype in FLOATS else _cannot_fill(self, dtype)


class RandomNormal(_RandomInitializer):
    """Normal distribution."""

    mean: Number = Field(default=0.0, description="Mean of the distribution.")
    # Keras surprise: a negative standard deviation is accepted here and below.
    stddev: Number = Field(default=0.05, description="Standard deviation.")


class TruncatedNormal(_RandomInitializer):
    """Normal distribution without the values more than two standard deviations from the mean."""

    mean: Number = Field(default=0.0, description="Mean of the distribution.")
    stddev: Number = Field(default=0.05, description="Standard deviation before truncation.")


class RandomUniform(_RandomInitializer):
    """Uniform distribution."""

    # Keras surprise: a least value above the greatest is accepted.
    minval: Number = Field(default=-0.05, description="Least value.")
    maxval: Number = Field(default=0.05, description="Maximum value.")

    def refuses(self, shape: tuple[int, ...], dtype: str) -> Violation | None:
        return _uniform(self, self.minval, self.maxval, dtype)


class Orthogonal(_RandomInitializer):
    """A random orthogonal matrix."""

    gain: Number = Field(default=1.0, description="Factor on the matrix.")

    def refuses(self, shape: tuple[int, ...], dtype: str) -> Violation | None:
        if len(shape) < 2:
            return _cannot_shape(self, f"needs at least two axes, but the variable's shape is {_show(shape)}")
        return None if dtype in ("float16", "float32", "float64") else _cannot_fill(self, dtype)


class _Scaling(_RandomInitializer):
    input_axes: Annotated[Maybe[int | list[int]], Since("3.15")] = Field(default=None, description=_AXES_IN)
    output_axes: Annotated[Maybe[int | list[int]], Since("3.15")] = Field(default=None, description=_AXES_OUT)

    @property
    def recipe(self) -> tuple[float, str, str]:
        """Scale, mode and distribution."""
        return _RECIPES[type(self).__name__]

    def refuses(self, shape: tuple[int, ...], dtype: str) -> Violation | None:
        if self.input_axes is not None and self.output_axes is not None:
            for name in ("input_axes", "output_axes"):
                axes = getattr(self, name)
                # Keras surprise: one number is accepted, and ignored as long as the other argument is not given.
                if isinstance(axes, int):
                    return Violation(
                        "wrong-type",
                        f"{name} must be a list of integers when input_axes and output_axes are both given, got {axes}",
                        path=(name,),
                        help=fmt("write {}", Setting(name, [axes])),
                    )
                for axis in axes:
                    if not -len(shape) <= axis < len(shape):
                        return _cannot_shape(
                            self, f"names axis {axis} in {name}, but the variable's shape is {_show(shape)}"
                        )
        scale, mode, distribution = self.recipe
        if dtype in FLOATS or distribution != "uniform":
            return super().refuses(shape, dtype)
        inputs, outputs = self.fans(shape)
        fan = {"fan_in": inputs, "fan_out": outputs}.get(mode, (inputs + outputs) / 2)
        limit = math.sqrt(3 * scale / max(1, fan))
        return _uniform(self, -limit, limit, dtype)

    def fans(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """The number of inputs and of outputs that Keras reads from the shape of a variable."""
        if isinstance(self.input_axes, list) and isinstance(self.output_axes, list):
            return math.prod(shape[axis] for axis in self.input_axes), math.prod(
                shape[axis] for axis in self.output_axes
            )
        if len(shape) < 2:
            return (shape[0], shape[0]) if shape else (1, 1)
        field = math.prod(shape[:-2])
        return shape[-2] * field, shape[-1] * field


class VarianceScaling(_Scaling):
    """Random values with a variance scaled by the number of inputs and outputs."""

    scale: PositiveNumber = Field(default=1.0, description="Factor on the variance.")
    mode: Literal["fan_in", "fan_out", "fan_avg"] = Field(
        default="fan_in", description="Number of units by which the variance is divided."
    )
    distribution: Annotated[Literal["normal", "truncated_normal", "untruncated_normal", "uniform"], ANY_CASE] = Field(
        default="truncated_normal", description="Random distribution."
    )

    @property
    def recipe(self) -> tuple[float, str, str]:
        return self.scale, self.mode, self.distribution


class GlorotNormal(_Scaling):
    """Truncated normal distribution scaled by the mean of inputs and outputs, also called Xavier."""


class GlorotUniform(_Scaling):
    """Uniform distribution scaled by the mean of inputs and outputs, also called Xavier."""


class HeNormal(_Scaling):
    """Truncated normal distribution scaled by the number of inputs, for relu."""


class HeUniform(_Scaling):
    """Uniform distribution scaled by the number of inputs, for relu."""


class LecunNormal(_Scaling):
    """Truncated normal distribution scaled by the number of inputs."""


class LecunUniform(_Scaling):
    """Uniform distribution scaled by the number of inputs."""


_RECIPES = {
    "GlorotNormal": (1.0, "fan_avg", "truncated_normal"),
    "GlorotUniform": (1.0, "fan_avg", "uniform"),
    "HeNormal": (2.0, "fan_in", "truncated_normal"),
    "HeUniform": (2.0, "fan_in", "uniform"),
    "LecunNormal": (1.0, "fan_in", "truncated_normal"),
    "LecunUniform": (1.0, "fan_in", "uniform"),
}


def _uniform(initializer: Initializer, low: float, high: float, dtype: str) -> Violation | None:
    # Keras surprise: integers are sampled if the truncated bounds differ.
    if dtype in FLOATS or (dtype in ("int32", "int64") and int(low) < int(high)):
        return None
    return _cannot_fill(initializer, dtype)


def _show(shape: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, shape))})"


def _cannot_shape(initializer: Initializer, message: str) -> Violation:
    return Violation("shape-mismatch", f"{type(initializer).__name__} {message}")


def _cannot_fill(initializer: Initializer, dtype: str) -> Violation:
    return Violation("wrong-dtype", f"{type(initializer).__name__} cannot fill a variable of dtype {dtype}")


def _float_factor(initializer: Initializer, factor: float, dtype: str) -> Violation | None:
    if dtype in FLOATS or dtype in COMPLEX or (dtype in INTEGERS and isinstance(factor, int)):
        return None
    return _cannot_fill(initializer, dtype)


_CLASSES: tuple[type[Initializer], ...] = (
    GlorotNormal, GlorotUniform, HeNormal, HeUniform, Identity, LecunNormal, LecunUniform, Ones, Orthogonal,
    RandomNormal, RandomUniform, STFT, TruncatedNormal, VarianceScaling, Zeros,
)  # fmt: skip

_ALIASES: dict[type[Initializer], str] = {
    Identity: "IdentityInitializer",
    Ones: "one",
    Orthogonal: "OrthogonalInitializer",
    RandomNormal: "normal",
    RandomUniform: "uniform",
    STFT: "STFTInitializer",
    Zeros: "zero",
}

NAMES: dict[str, type[KerasObject]] = {
    name: declared
    for declared in _CLASSES
    for name in (declared.__name__, snake_case(declared.__name__), _ALIASES.get(declared))
    if name is not None
}
"""All names that `keras.initializers.get` accepts."""

TYPED = {"Constant": Constant, "constant": Constant}
"""The class that Keras resolves by name but cannot create: `value` is required."""

_BASE = ("is the base class and does nothing by itself", "name one of its subclasses")
REFUSED: dict[str, tuple[str, str]] = {"Initializer": _BASE, "initializer": _BASE}
"""The unsupported classes: the reason, and what to do instead."""
