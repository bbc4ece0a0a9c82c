"""The layers of `keras/src/layers/reshaping` that crop, pad or enlarge spatial axes; their masks end here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqspec.catalog.arguments import arg
from seqspec.catalog.dtype_rule import INTERPOLATIONS, POOLED, PRESERVE, DtypeRule
from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.kinds import Choice, Integer, Kind, Window, show_value
from seqspec.catalog.layers.base_spatial import AXES, SpatialLayer
from seqspec.diagnostics.violation import Violation
from seqspec.shapes.dims import Size, all_known, show
from seqspec.shapes.reshape import Pair, cropped, padded
from seqspec.shapes.tensor import TensorSpec


class Margins(Kind):
    """What is cut or added at both ends of each spatial axis: one number, one an axis, or a pair an axis.

    Read as one pair an axis. `below` allows one number below zero, which stays as it is: Keras takes it in no pair.
    """

    def __init__(self, rank: int = 0, below: bool = False) -> None:
        self.rank = rank
        self.below = below

    def read(self, value: Any) -> tuple[Pair, ...] | int:
        if type(value) is int:
            if value < 0 and not self.below:
                raise Violation("bad-value", f"needs {self.describe()}, got {value}")
            return ((value, value),) * self.rank if value >= 0 else value
        if not isinstance(value, (list, tuple)):
            raise self.refuse(value)
        if len(value) != self.rank:
            raise Violation("bad-value", f"needs {self.describe()}, got {show_value(value)} with {len(value)}")
        pairs: list[Pair] = []
        for index, item in enumerate(value):
            try:
                first, last = _ENDS.read(item)
            except Violation as violation:
                violation.message = f"[{index}] {violation.message}"
                raise violation.prefixed(index) from None
            pairs.append((first, last))
        return tuple(pairs)

    def describe(self) -> str:
        return f"a whole number, or a list of {self.rank}: a whole number or a pair for each axis"

    def for_rank(self, rank: int) -> Kind:
        return self if self.rank else Margins(rank, self.below)


class Ends(Kind):
    """What is cut or added at both ends of one axis: a number for both, or two."""

    def read(self, value: Any) -> Pair:
        if type(value) is int and value >= 0:
            return (value, value)
        if type(value) is int:
            raise Violation("bad-value", f"needs {self.describe()}, got {value}")
        if not isinstance(value, (list, tuple)) or any(type(item) is not int for item in value):
            raise self.refuse(value)
        if len(value) != 2 or min(value) < 0:
            raise Violation("bad-value", f"needs {self.describe()}, got {show_value(value)}")
        return (value[0], value[1])

    def describe(self) -> str:
        return "a whole number of at least 0, or two of them"


_ENDS = Ends()


class _Resized(SpatialLayer):
    """A layer that changes the size of the spatial axes and nothing else."""

    dtype_rule = PRESERVE

    def sizes(self, x: TensorSpec) -> Sequence[Size]:
        """The spatial sizes of the output."""
        raise NotImplementedError

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        self.require_axes(x)
        return self.arranged(x, self.sizes(x), self.channels(x), env)

    def compute_output_shape(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        # Keras surprise: asked for the shape alone, it forgets all axes behind those that it needs.
        return self.compute_output_spec(TensorSpec(x.dims[: self.rank + 2], self.compute_dtype(env)), env)

    def _pairs(self, value: Any) -> Sequence[Pair]:
        """The two ends of each axis, whichever way a default is written."""
        if isinstance(value, int):
            return ((value, value),) * self.rank
        if self.rank == 1:
            return (value,)
        return [(item, item) if isinstance(item, int) else item for item in value]


class _Cropping(_Resized):
    def sizes(self, x: TensorSpec) -> Sequence[Size]:
        crops = self._pairs(self.cropping)  # type: ignore[attr-defined]
        before = self.spatial(x)
        sizes = [cropped(size, crop) for size, crop in zip(before, crops)]
        for name, size, left, crop in zip(AXES[self.rank], before, sizes, crops):
            if isinstance(left, int) and left <= 0:
                own = "cropping" in self.model_fields_set
                raise Violation(
                    "window-too-large",
                    f"cuts {sum(crop)} of {size} {name if name == 'steps' else f'along {name}'}, so that nothing is "
                    f"left: {x} arrives",
                    path=("cropping",) if own else (),
                    anchor="value" if own else "layer",
                    label=f"{crop[0]} + {crop[1]} of {size}",
                    help=f"cut less than {size} in all, or put the layer where more arrives",
                )
        return sizes


class Cropping1D(_Cropping):
    """Cuts steps at both ends of a sequence."""

    rank = 1
    without = ("data_format",)

    cropping: Any = arg(_ENDS, "Steps to cut: one number for both ends, or two.", default=(1, 1))


class Cropping2D(_Cropping):
    """Cuts rows and columns at the borders of images."""

    rank = 2

    cropping: Any = arg(
        Margins(), "What to cut: one number, one for height and width, or a pair for each.", default=((0, 0), (0, 0))
    )


class Cropping3D(_Cropping):
    """Cuts planes at the borders of volumes."""

    rank = 3

    cropping: Any = arg(
        Margins(),
        "What to cut: one number, one for depth, height and width, or a pair for each.",
        default=((1, 1), (1, 1), (1, 1)),
    )


class _Padding(_Resized):
    def compute_output_shape(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        # Keras surprise: asked for the shape alone, it needs the spatial axes and does not count the others.
        end = self._first + self.rank
        if len(x.dims) < end:
            self.require_axes(x)
        return TensorSpec((*x.dims[: self._first], *self.sizes(x), *x.dims[end:]), self.compute_dtype(env))

    @property
    def _first(self) -> int:
        return 2 if self.channels_first else 1

    def sizes(self, x: TensorSpec) -> Sequence[Size]:
        pads = self._pairs(self.padding)  # type: ignore[attr-defined]
        before = x.dims[self._first : self._first + self.rank]
        sizes = [padded(size, pad) for size, pad in zip(before, pads)]
        for name, size, made, pad in zip(AXES[self.rank], before, sizes, pads):
            if isinstance(made, int) and made < 0:
                raise Violation(
                    "window-too-large",
                    f"takes away {-sum(pad)} of {size} along {name}: {x} arrives",
                    path=("padding",),
                    label=f"{size} arrive",
                    help="padding adds values: write a positive number, or use Cropping",
                )
        return sizes


class ZeroPadding1D(_Padding):
    """Adds zeros at both ends of a sequence."""

    rank = 1

    padding: Any = arg(_ENDS, "Steps to add: one number for both ends, or two.", default=1)


class ZeroPadding2D(_Padding):
    """Adds zeros around images."""

    rank = 2

    # Keras surprise: one number below zero is accepted, and takes away.
    padding: Any = arg(
        Margins(below=True), "What to add: one number, one for height and width, or a pair for each.", default=(1, 1)
    )


class ZeroPadding3D(_Padding):
    """Adds zeros around volumes."""

    rank = 3

    padding: Any = arg(
        Margins(below=True),
        "What to add: one number, one for depth, height and width, or a pair for each.",
        default=((1, 1), (1, 1), (1, 1)),
    )


class _UpSampling(_Resized):
    def require_input(self, x: TensorSpec) -> None:
        self.require_axes(x)

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        # Keras surprise: values are repeated along the first axes, whatever follows them.
        end = self.rank + 1
        if self.channels_first or self.dtype_rule is not PRESERVE or len(x.dims) < end:
            self.require_axes(x)
            y = self.compute_output_spec(x, env)
            return y._replace(dtype=self.result_dtype(x, y, env))
        sizes = [size * factor for size, factor in zip(x.dims[1:end], self.each(self.size))]  # type: ignore[attr-defined]
        return TensorSpec((x.dims[0], *sizes, *x.dims[end:]), x.dtype)

    def sizes(self, x: TensorSpec) -> Sequence[Size]:
        factors = self.each(self.size)  # type: ignore[attr-defined]
        return [size * factor for size, factor in zip(self.spatial(x), factors)]


class UpSampling1D(_UpSampling):
    """Repeats each step of a sequence."""

    rank = 1
    without = ("data_format",)

    size: int = arg(Integer(minimum=1), "Number of copies of each step.", default=2)


class Interpolation(Choice):
    """One of the ways of Keras, of which it looks at the word only when data arrives."""

    def read(self, value: Any) -> str:
        # Keras surprise: any word is accepted while a model is built.
        if type(value) is str:
            return value
        raise self.refuse(value)


class UpSampling2D(_UpSampling):
    """Enlarges images by whole factors."""

    rank = 2

    size: Any = arg(Window(), "Factor for height and width, one number or two.", default=(2, 2))
    interpolation: str = arg(
        Interpolation("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", neutral=True),
        "How the new values are found.",
        default="nearest",
    )

    @property
    def dtype_rule(self) -> DtypeRule:  # type: ignore[override]
        """Values between others are numbers."""
        return PRESERVE if self.interpolation == "nearest" else DtypeRule(POOLED, "arriving")

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if self.interpolation not in INTERPOLATIONS:
            raise Violation(
                "bad-value",
                f'interpolation needs one of {", ".join(INTERPOLATIONS)}, got "{self.interpolation[:60]}"',
                path=("interpolation",),
            )
        # Since 3.14 the sizes are compared with zero.
        if env.keras >= (3, 14) and self.interpolation != "nearest" and not all_known(self.spatial(x)):
            raise Violation(
                "unknown-size",
                f"needs fixed sizes to find values between others inside a Pipeline, but {show(x.sample)} arrives",
                path=("interpolation",),
                help='write interpolation = "nearest"',
            )


class UpSampling3D(_UpSampling):
    """Enlarges volumes by whole factors, repeating their values."""

    rank = 3

    size: Any = arg(Window(), "Factor for depth, height and width, one number or three.", default=(2, 2, 2))
