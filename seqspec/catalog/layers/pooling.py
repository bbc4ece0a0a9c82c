"""MaxPooling, AveragePooling, their global and their adaptive forms."""

from typing import ClassVar, Literal

from pydantic import Field

from seqspec.catalog.dtype_rule import FLOATS_ONLY, NO_TEXT, POOLED, REAL, DtypeRule, cannot_compute
from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.layer import wrong_rank
from seqspec.catalog.layers.base_spatial import DATA_FORMAT_DOC, DataFormat, SpatialLayer
from seqspec.catalog.types import Maybe, PerAxisInt, PerAxisNonNegativeInt
from seqspec.diagnostics.violation import Violation
from seqspec.shapes.dims import Shape, show
from seqspec.shapes.tensor import TensorSpec
from seqspec.shapes.windows import stretched, window_output

# Keras surprise: unlike convolutions, pooling layers take the padding and the adaptive ones the data format in lower
# case only.
_Padding = Literal["valid", "same"]

_GREATEST = DtypeRule(POOLED, "arriving")
_GREATEST_3D = DtypeRule(frozenset({"float16", "bfloat16", "float32"}), "arriving")
_GREATEST_OF_ALL = DtypeRule(REAL | {"bool"}, "arriving")
_MEAN_OF_ALL = DtypeRule(NO_TEXT, "float")


def _pooled_dtype(layer: SpatialLayer, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> str:
    """The dtype of the greatest numbers, or of means; what TensorFlow takes depends on the axes that arrive."""
    if layer.dtype_rule is FLOATS_ONLY:
        return layer.result_dtype(x, y, env)
    dtype_rule = _GREATEST_3D if len(x.dims) == 5 else _GREATEST
    if dtype_rule.refuses(x.dtype, x.dtype):
        raise cannot_compute(x.dtype, x.dtype, dtype_rule)
    if layer.channels(x) == 0 and dtype_rule is _GREATEST:
        raise Violation("shape-mismatch", f"expected at least one channel, got {show(x.sample)}", anchor="layer")
    return x.dtype


class _Pooling(SpatialLayer):
    """A layer that takes one number of each window.

    Nothing is traced when it is called. Keras surprise: whole numbers, booleans and text pass, and are said to come out
    in the dtype of computation.
    """

    sliding = ("pool_size", "has nothing left to pool")

    pool_size: PerAxisInt = Field(default=2, description="Size of the window, for all axes or one for each.")
    strides: Maybe[PerAxisInt] = Field(
        default=None, description="Steps by which the window moves, the size of the window where nothing is said."
    )
    padding: _Padding = Field(default="valid", description='"valid" for none, "same" to lose no border.')
    data_format: DataFormat = Field(default=None, description=DATA_FORMAT_DOC)

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        self.require_axes(x)
        return self._pooled(x, env)

    def compute_output_shape(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        # Keras surprise: asked for the shape alone, it lets one size stand for all axes, or one window for all sizes.
        have = len(x.dims) - 2
        if have < 0 or 1 not in (have, self.rank):
            self.require_axes(x)
        return self._pooled(x, env)

    def require_input(self, x: TensorSpec) -> None:
        self.require_axes(x)

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        # Keras surprise: one window for one axis is one for all that arrive.
        have = len(x.dims) - 2
        if have not in (1, 2, 3) or self.rank not in (1, have):
            self.require_axes(x)
        y = self._pooled(x, env)
        return y._replace(dtype=_pooled_dtype(self, x, y, env))

    def _pooled(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        window = self.each(self.pool_size)
        strides = window if self.strides is None else self.each(self.strides)
        found = self.spatial(x)
        if len(found) == 1 < self.rank:
            # Keras surprise: an unknown size stands for -1 on the axes that it is stretched over.
            found = (found[0], *[found[0] if isinstance(found[0], int) else -1] * (self.rank - 1))
        sizes = [
            window_output(size, reach, stride, self.padding)
            for size, reach, stride in zip(found, stretched(window, len(found)), stretched(strides, len(found)))
        ]
        if self.padding == "valid" or -1 in sizes:
            # Keras surprise: before 3.15 an output of size zero is accepted.
            self.require_places(x, sizes, window, 1 if env.keras >= (3, 15) else 0)
        return self.arranged(x, sizes, self.channels(x), env)


class _AveragePooling(_Pooling):
    dtype_rule = FLOATS_ONLY

    pool_size: PerAxisInt = Field(description="Size of the window, for all axes or one for each.")
    strides: Maybe[PerAxisInt] = Field(
        default=None, description="Steps by which the window moves, the size of the window where nothing is said."
    )
    padding: _Padding = Field(default="valid", description='"valid" for none, "same" to lose no border.')
    data_format: DataFormat = Field(default=None, description=DATA_FORMAT_DOC)


class MaxPooling1D(_Pooling):
    """The greatest number of each window over the steps of a series."""

    rank = 1


class MaxPooling2D(_Pooling):
    """The greatest number of each window over height and width."""

    rank = 2


class MaxPooling3D(_Pooling):
    """The greatest number of each window over depth, height and width."""

    rank = 3


class AveragePooling1D(_AveragePooling):
    """The mean of each window over the steps of a series."""

    rank = 1


class AveragePooling2D(_AveragePooling):
    """The mean of each window over height and width."""

    rank = 2


class AveragePooling3D(_AveragePooling):
    """The mean of each window over depth, height and width."""

    rank = 3


class _GlobalPooling(SpatialLayer):
    keepdims: bool = Field(default=False, description="Whether the spatial axes stay, with size 1.")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        self.require_axes(x)
        return self.arranged(x, (1,) * self.rank if self.keepdims else (), self.channels(x), env)

    def compute_output_shape(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        # Keras surprise: asked for the shape alone, it does not count the axes.
        if len(x.dims) < 2:
            self.require_axes(x)
        return self.arranged(x, (1,) * (len(x.dims) - 2) if self.keepdims else (), self.channels(x), env)

    def require_input(self, x: TensorSpec) -> None:
        self.require_axes(x)

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        # Keras surprise: the first axes go, whatever follows them.
        first = 2 if self.channels_first else 1
        end = first + self.rank
        if len(x.dims) < end:
            self.require_axes(x)
        dims = (*x.dims[:first], *((1,) * self.rank if self.keepdims else ()), *x.dims[end:])
        y = TensorSpec(dims, self.compute_dtype(env))
        return y._replace(dtype=self.result_dtype(x, y, env))


class GlobalMaxPooling1D(_GlobalPooling):
    """The greatest number of each channel over all steps."""

    dtype_rule = _GREATEST_OF_ALL
    rank = 1


class GlobalMaxPooling2D(_GlobalPooling):
    """The greatest number of each channel over height and width."""

    dtype_rule = _GREATEST_OF_ALL
    rank = 2


class GlobalMaxPooling3D(_GlobalPooling):
    """The greatest number of each channel over depth, height and width."""

    dtype_rule = _GREATEST_OF_ALL
    rank = 3


class GlobalAveragePooling1D(_GlobalPooling):
    """The mean of each channel over all steps, without those that a mask hides; the mask ends here."""

    dtype_rule = _MEAN_OF_ALL
    rank = 1
    supports_masking = True

    def mask(self, x: TensorSpec, y: TensorSpec) -> Shape | None:
        return None


class GlobalAveragePooling2D(_GlobalPooling):
    """The mean of each channel over height and width."""

    dtype_rule = _MEAN_OF_ALL
    rank = 2


class GlobalAveragePooling3D(_GlobalPooling):
    """The mean of each channel over depth, height and width."""

    dtype_rule = _MEAN_OF_ALL
    rank = 3


class _AdaptivePooling(SpatialLayer):
    """A layer that splits each axis into as many windows as the output needs.

    Keras surprise: the shape of the output is all that is worked out, from the arguments alone. A tensor with any
    number of axes passes, sizes may be unknown, the output may be empty: all of it fails when data arrives.
    """

    since: ClassVar[str | None] = "3.13"

    output_size: PerAxisNonNegativeInt = Field(description="Size of the output, for all axes or one for each.")
    data_format: Maybe[Literal["channels_last", "channels_first"]] = Field(default=None, description=DATA_FORMAT_DOC)

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        if self.channels_first and len(x.dims) < 2:
            raise wrong_rank(x, "needs an axis of channels", self.rank + 2)
        return self.arranged(x, self.each(self.output_size), self.channels(x), env)

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        # Keras surprise: the axes that arrive decide what is computed, and sequences take the first size alone.
        y = self.compute_output_spec(x, env)
        dtype = _pooled_dtype(self, x, y, env)
        sizes = self.each(self.output_size)
        if len(x.dims) != 3 and (self.rank == 1 or len(x.dims) != self.rank + 2):
            self.require_axes(x)
        sizes = sizes[: len(x.dims) - 2]
        for size, wanted in zip(self.spatial(x), sizes):
            if not isinstance(size, int):
                raise Violation(
                    "unknown-size",
                    f"needs a fixed size to split inside a Pipeline, got {show(x.sample)}",
                    label=f"{size} is unknown",
                    anchor="layer",
                )
            # Keras surprise: a window one longer than needed must fit too, so that no axis can be made 1.
            if wanted == 0 or size < -(-size // wanted) + 1:
                raise Violation(
                    "bad-value",
                    f"cannot make {wanted} of {size} where Keras runs it, as it does inside a Pipeline",
                    path=("output_size",),
                    help="write GlobalAveragePooling or GlobalMaxPooling for a single value" if wanted == 1 else None,
                )
        return self.arranged(x, sizes, self.channels(x), env)._replace(dtype=dtype)


class AdaptiveMaxPooling1D(_AdaptivePooling):
    """The greatest number of each of `output_size` windows over the steps of a series."""

    rank = 1


class AdaptiveMaxPooling2D(_AdaptivePooling):
    """The greatest number of each of `output_size` windows over height and width."""

    rank = 2


class AdaptiveMaxPooling3D(_AdaptivePooling):
    """The greatest number of each of `output_size` windows over depth, height and width."""

    rank = 3


class AdaptiveAveragePooling1D(_AdaptivePooling):
    """The mean of each of `output_size` windows over the steps of a series."""

    dtype_rule = FLOATS_ONLY
    rank = 1


class AdaptiveAveragePooling2D(_AdaptivePooling):
    """The mean of each of `output_size` windows over height and width."""

    dtype_rule = FLOATS_ONLY
    rank = 2


class AdaptiveAveragePooling3D(_AdaptivePooling):
    """The mean of each of `output_size` windows over depth, height and width."""

    dtype_rule = FLOATS_ONLY
    rank = 3
