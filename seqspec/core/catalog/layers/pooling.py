"""MaxPooling, and its common base with AveragePooling."""

from typing import ClassVar, Literal

from pydantic import Field

from seqspec.core.catalog.dtypes import FLOATS_ONLY, POOLED, DtypeRule, cannot_compute
from seqspec.core.catalog.export_formats import Exports, Limit
from seqspec.core.catalog.layer import InferenceContext, Phase, empty_axis
from seqspec.core.catalog.layer_inference import result_dtype
from seqspec.core.catalog.layers.base_spatial import SpatialLayer
from seqspec.core.catalog.traits import Role
from seqspec.core.catalog.types import Maybe, PerAxisInt
from seqspec.core.shapes.arrays import window_output
from seqspec.core.shapes.tensor import TensorSpec, repeated

# Keras surprise: unlike convolutions, pooling layers accept padding, and adaptive ones data_format, only in lower
# case only.
Padding = Literal["valid", "same"]


_GREATEST = DtypeRule(POOLED, "input")


_GREATEST_3D = DtypeRule(frozenset({"float16", "bfloat16", "float32"}), "input")


def pooled_dtype(layer: SpatialLayer, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> str:
    """The output dtype of max or average pooling; what TensorFlow accepts depends on the rank of the input."""
    if layer.dtype_rule is FLOATS_ONLY:
        return result_dtype(layer, x, y, env)
    dtype_rule = _GREATEST_3D if len(x.dims) == 5 else _GREATEST
    if dtype_rule.refuses(x.dtype, x.dtype):
        raise cannot_compute(x.dtype, x.dtype, dtype_rule)
    if layer.channels(x) == 0 and dtype_rule is _GREATEST:
        raise empty_axis("channel", x)
    return x.dtype


class Pooling(SpatialLayer):
    """A layer that reduces each window to one value.

    Nothing is traced when it is called. Keras surprise: integers, booleans and strings are accepted, and the inferred
    output has the compute dtype.
    """

    role: ClassVar[Role] = "max_pool"
    traits = frozenset({"passes_values", "pooling"})
    same_in_all_phases = True
    window_argument = "pool_size"
    trailing = ("data_format", *SpatialLayer.trailing)

    pool_size: PerAxisInt = Field(default=2, description="Size of the window, for all axes or one for each.")
    strides: Maybe[PerAxisInt] = Field(default=None, description="Strides of the window; by default the window size.")
    padding: Padding = Field(default="valid", description='"valid" for none, "same" to lose no border.')

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        have = len(x.dims) - 2
        if env.phase is Phase.SHAPE:
            # Keras surprise: compute_output_shape broadcasts one size to all axes, or one window to all sizes.
            accepted = have >= 0 and 1 in (have, self.rank)
        elif env.phase is Phase.TRACE:
            # Keras surprise: a window for one axis applies to all axes of the input.
            accepted = have in (1, 2, 3) and self.rank in (1, have)
        else:
            accepted = False
        if not accepted:
            self.require_axes(x)
        y = self._pooled(x, env)
        return y._replace(dtype=pooled_dtype(self, x, y, env)) if env.phase is Phase.TRACE else y

    def require_input(self, x: TensorSpec) -> None:
        self.require_axes(x)

    def _pooled(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        window, padding = self.each(self.pool_size), self.padding
        strides = window if self.strides is None else self.each(self.strides)
        spatial = self.spatial(x)
        if len(spatial) == 1 < self.rank:
            # Keras surprise: an unknown size becomes -1 on the axes over which it is broadcast.
            spatial = (spatial[0], *[spatial[0] if isinstance(spatial[0], int) else -1] * (self.rank - 1))
        output_sizes = [
            window_output(size, kernel, stride, padding)
            for size, kernel, stride in zip(spatial, repeated(window, len(spatial)), repeated(strides, len(spatial)))
        ]
        if padding == "valid" or -1 in output_sizes:
            # Keras surprise: before 3.15 an output of size zero is accepted.
            self.require_window_fits(x, output_sizes, window, 1 if env.keras >= (3, 15) else 0)
        return self.arranged(x, output_sizes, self.channels(x), env)


class MaxPooling1D(Pooling):
    """The maximum of each window over the steps of a sequence."""

    rank = 1


class MaxPooling2D(Pooling):
    """The maximum of each window over height and width."""

    rank = 2


class MaxPooling3D(Pooling):
    """The maximum of each window over depth, height and width."""

    rank = 3
    exports = Exports(Limit(("litert",), "MaxPool3D"))
