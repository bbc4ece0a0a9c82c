"""The layers of `keras/src/layers/reshaping` that crop, pad or upsample spatial axes; they do not propagate masks."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from annotated_types import Len
from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from seqspec.core.catalog.dtypes import POOLED, PRESERVE, DtypeRule
from seqspec.core.catalog.export_formats import INFERENCE, Exports, Limit, resize_limits
from seqspec.core.catalog.keras_object import place_of
from seqspec.core.catalog.layer import InferenceContext, Phase
from seqspec.core.catalog.layers.base_spatial import AXES, SpatialLayer
from seqspec.core.catalog.markers import NEUTRAL, SHAPING
from seqspec.core.catalog.types import ANY_CASE, NonNegativeInt, PerAxisInt, PositiveInt, read_by
from seqspec.core.catalog.validation import wrong_type
from seqspec.core.diagnostics.message import Setting, fmt, quote_value
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.arrays import Pair, cropped, padded
from seqspec.core.shapes.tensor import Interval, Size, TensorSpec, all_known, show


def _ends(value: object) -> Pair:
    if type(value) is int and value >= 0:
        return (value, value)
    if type(value) is int:
        raise Violation("bad-value", f"must be {ENDS}, got {value}")
    if not isinstance(value, (list, tuple)) or any(type(item) is not int for item in value):
        raise wrong_type(ENDS, value)
    if len(value) != 2 or min(value) < 0:
        raise Violation("bad-value", fmt("must be {}, got {}", ENDS, quote_value(value)))
    return (value[0], value[1])


ENDS = "a non-negative integer, or a list of two"

Ends = Annotated[NonNegativeInt | Annotated[list[NonNegativeInt], Len(2, 2)], *read_by(_ends, ENDS, SHAPING)]
"""The cropping or padding of one axis: one integer for both ends, or a pair."""


class Margins:
    """Marks the cropping or padding of the spatial axes: one integer, one per axis, or a pair per axis.

    Read as one pair per axis. `below` allows a single negative integer, which is kept: Keras rejects it in pairs.
    """

    def __init__(self, below: bool = False, rank: int = 0) -> None:
        self.below = below
        self.rank = rank

    def for_rank(self, rank: int) -> "Margins":
        """The marker for a class with `rank` spatial axes."""
        return self if self.rank else Margins(self.below, rank)

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        size = core_schema.int_schema()
        pairs = core_schema.list_schema(core_schema.union_schema([size, core_schema.list_schema(size)]))
        shape = core_schema.union_schema([size, pairs])
        return core_schema.no_info_plain_validator_function(self.read, json_schema_input_schema=shape)

    @property
    def text(self) -> str:
        """The description of valid values."""
        return f"an integer, or a list of {self.rank}: an integer or a pair for each axis"

    def read(self, value: object) -> tuple[Pair, ...] | int:
        """The pairs; raises `Violation`."""
        if type(value) is int:
            if value < 0 and not self.below:
                raise Violation("bad-value", f"must be {self.text}, got {value}")
            return ((value, value),) * self.rank if value >= 0 else value
        if not isinstance(value, (list, tuple)):
            raise wrong_type(self.text, value)
        if len(value) != self.rank:
            raise Violation(
                "bad-value", fmt("must be {}, got {} with {} elements", self.text, quote_value(value), len(value))
            )
        pairs: list[Pair] = []
        for index, item in enumerate(value):
            try:
                pairs.append(_ends(item))
            except Violation as violation:
                raise violation.with_subject(index).prefixed(index) from None
        return tuple(pairs)


Cut = Annotated[int | Sequence[int | Sequence[int]], Margins()]
Added = Annotated[int | Sequence[int | Sequence[int]], Margins(below=True)]


class _ResizingLayer(SpatialLayer):
    """A layer that only changes the sizes of the spatial axes."""

    role = "layout"
    traits = frozenset({"passes_values"})
    dtype_rule = PRESERVE
    same_in_all_phases = True

    def sizes(self, x: TensorSpec) -> Sequence[Size]:
        """The spatial sizes of the output."""
        raise NotImplementedError

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        if env.phase is Phase.SHAPE:
            # Keras surprise: shape inference alone drops all axes after those that it needs.
            x = x._replace(dims=x.dims[: self.rank + 2])
        self.require_axes(x)
        return self.arranged(x, self.sizes(x), self.channels(x), env)

    def _pairs(self, value: Any) -> Sequence[Pair]:
        """The pair for each axis, from any form of a default value."""
        if isinstance(value, int):
            return ((value, value),) * self.rank
        if self.rank == 1:
            return (value,)
        return [(item, item) if isinstance(item, int) else item for item in value]


class _Cropping(_ResizingLayer):
    def sizes(self, x: TensorSpec) -> Sequence[Size]:
        crops = self._pairs(self.cropping)  # type: ignore[attr-defined]  # of each rank
        before = self.spatial(x)
        sizes = [cropped(size, crop) for size, crop in zip(before, crops)]
        for name, size, left, crop in zip(AXES[self.rank], before, sizes, crops):
            if isinstance(left, int) and left <= 0:
                raise Violation(
                    "window-too-large",
                    fmt(
                        "crops {} of {} {}, so that nothing is left of input {}",
                        sum(crop),
                        size,
                        name if name == "steps" else f"along {name}",
                        x,
                    ),
                    **place_of(self, "cropping"),
                    label=fmt("{} + {} of {}", crop[0], crop[1], size),
                    help=fmt("crop less than {} in total, or downsample less in earlier layers", size),
                )
        return sizes


class Cropping1D(_Cropping):
    """Crops steps at both ends of a sequence."""

    rank = 1
    without = ("data_format",)

    cropping: Ends = Field(default=[1, 1], description="Time steps to crop: one integer for both ends, or two.")


class Cropping2D(_Cropping):
    """Crops rows and columns at the borders of images."""

    rank = 2

    cropping: Cut = Field(
        default=((0, 0), (0, 0)),
        description="Cropping: one integer, one each for height and width, or a pair for each.",
    )


class Cropping3D(_Cropping):
    """Crops planes at the borders of volumes."""

    rank = 3

    cropping: Cut = Field(
        default=((1, 1), (1, 1), (1, 1)),
        description="Cropping: one integer, one each for depth, height and width, or a pair for each.",
    )


class _Padding(_ResizingLayer):
    exports = Exports(Limit(INFERENCE, "Pad", dtypes="strings"))

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        if env.phase is not Phase.SHAPE:
            return super().compute_output_spec(x, env)
        # Keras surprise: shape inference alone requires the spatial axes and ignores the number of others.
        end = self._first + self.rank
        if len(x.dims) < end:
            self.require_axes(x)
        return TensorSpec((*x.dims[: self._first], *self.sizes(x), *x.dims[end:]), self.compute_dtype(env))

    @property
    def _first(self) -> int:
        return 2 if self.channels_first else 1

    def sizes(self, x: TensorSpec) -> Sequence[Size]:
        pads = self._pairs(self.padding)  # type: ignore[attr-defined]  # of each rank
        before = x.dims[self._first : self._first + self.rank]
        sizes = [padded(size, pad) for size, pad in zip(before, pads)]
        for name, size, padded_size, pad in zip(AXES[self.rank], before, sizes, pads):
            if isinstance(padded_size, int) and padded_size < 0:
                raise Violation(
                    "window-too-large",
                    fmt("removes {} of {} along {} from input {}", -sum(pad), size, name, x),
                    path=("padding",),
                    label=fmt("the input has {}", size),
                    help="padding adds values: write a positive number, or use Cropping",
                )
        return sizes

    def output_range(self, x: Interval | None) -> Interval | None:
        return None if x is None else Interval(min(x.low, 0), max(x.high, 0), x.is_attained)


class ZeroPadding1D(_Padding):
    """Adds zeros at both ends of a sequence."""

    rank = 1

    padding: Ends = Field(default=1, description="Time steps to add: one integer for both ends, or two.")


class ZeroPadding2D(_Padding):
    """Adds zeros around images."""

    rank = 2

    # Keras surprise: a single negative integer is accepted, and crops.
    padding: Added = Field(
        default=(1, 1), description="Padding: one integer, one each for height and width, or a pair for each."
    )


class ZeroPadding3D(_Padding):
    """Adds zeros around volumes."""

    rank = 3

    padding: Added = Field(
        default=((1, 1), (1, 1), (1, 1)),
        description="Padding: one integer, one each for depth, height and width, or a pair for each.",
    )


class _UpSampling(_ResizingLayer):
    def require_input(self, x: TensorSpec) -> None:
        self.require_axes(x)

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        end = self.rank + 1
        repeats = env.phase is Phase.TRACE and not self.channels_first and self.dtype_rule is PRESERVE
        if not repeats or len(x.dims) < end:
            return super().compute_output_spec(x, env)
        # Keras surprise: values are repeated along the leading spatial axes, regardless of the axes after them.
        # The argument is declared by the class of each rank.
        sizes = [size * factor for size, factor in zip(x.dims[1:end], self.each(self.size))]  # type: ignore[attr-defined]
        return TensorSpec((x.dims[0], *sizes, *x.dims[end:]), x.dtype)

    def sizes(self, x: TensorSpec) -> Sequence[Size]:
        factors = self.each(self.size)  # type: ignore[attr-defined]  # of each rank
        return [size * factor for size, factor in zip(self.spatial(x), factors)]


class UpSampling1D(_UpSampling):
    """Repeats each step of a sequence."""

    rank = 1
    without = ("data_format",)

    size: PositiveInt = Field(default=2, description="Number of repetitions of each time step.")


def _are_powers_of_two(sizes: Sequence[int]) -> bool:
    return all(size & (size - 1) == 0 for size in sizes)


class UpSampling2D(_UpSampling):
    """Upsamples images by integer factors."""

    exports = Exports(
        *resize_limits(lambda layer: layer.interpolation in ("lanczos3", "lanczos5"), ("openvino", "litert", "tfjs")),
        # TensorFlow reads the coefficients from a table, which is exact for powers of two only.
        Limit(
            ("onnx",),
            "ResizeBicubic",
            when=lambda layer: layer.interpolation == "bicubic" and not _are_powers_of_two(layer.each(layer.size)),
        ),
    )
    rank = 2

    size: PerAxisInt = Field(default=(2, 2), description="Upsampling factors for height and width: one integer or two.")
    interpolation: Annotated[
        Literal["bilinear", "nearest", "lanczos3", "lanczos5", "bicubic", "area"], ANY_CASE, NEUTRAL
    ] = Field(default="nearest", description="Interpolation method.")

    @property
    def dtype_rule(self) -> DtypeRule:  # type: ignore[override]  # depends on arguments
        """Interpolation requires numbers."""
        return PRESERVE if self.interpolation == "nearest" else DtypeRule(POOLED, "input")

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        # Since 3.14 the sizes are compared with zero.
        traced = env.phase is Phase.TRACE and env.keras >= (3, 14)
        if traced and self.interpolation != "nearest" and not all_known(self.spatial(x)):
            raise Violation(
                "unknown-size",
                fmt("needs known spatial dimensions to interpolate inside a Pipeline, got {}", show(x.sample)),
                path=("interpolation",),
                help=fmt("write {}", Setting("interpolation", "nearest")),
            )

    def output_range(self, x: Interval | None) -> Interval | None:
        # The other interpolations overshoot.
        return x if self.interpolation in ("nearest", "bilinear", "area") else None


class UpSampling3D(_UpSampling):
    """Upsamples volumes by integer factors, by repeating values."""

    rank = 3

    size: PerAxisInt = Field(
        default=(2, 2, 2), description="Upsampling factors for depth, height and width: one integer or three."
    )
