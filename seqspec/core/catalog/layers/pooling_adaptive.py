"""Pooling with as many windows as the output needs."""

from typing import ClassVar, Literal

from pydantic import Field

from seqspec.core.catalog.dtypes import FLOATS_ONLY
from seqspec.core.catalog.export_formats import FORMATS, Exports, Limit
from seqspec.core.catalog.layer import InferenceContext, Phase, unknown_size, wrong_rank
from seqspec.core.catalog.layers.base_spatial import DATA_FORMAT_DOC, SpatialLayer
from seqspec.core.catalog.layers.pooling import pooled_dtype
from seqspec.core.catalog.traits import Role
from seqspec.core.catalog.types import Maybe, PerAxisNonNegativeInt
from seqspec.core.diagnostics.message import fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import TensorSpec

_UNKNOWN = Limit(FORMATS, "adaptive pooling", sizes="unknown")


class _AdaptivePooling(SpatialLayer):
    """A layer that splits each axis into as many windows as the output size.

    Keras surprise: only the output shape is inferred, from the arguments alone. A tensor with any
    rank, unknown sizes and an empty output are accepted, and fail at run time.
    """

    exports = Exports(_UNKNOWN)
    role: ClassVar[Role] = "max_pool"
    traits = frozenset({"passes_values", "pooling"})

    since: ClassVar[str | None] = "3.13"

    output_size: PerAxisNonNegativeInt = Field(description="Size of the output, for all axes or one for each.")
    data_format: Maybe[Literal["channels_last", "channels_first"]] = Field(default=None, description=DATA_FORMAT_DOC)

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        if self.channels_first and len(x.dims) < 2:
            raise wrong_rank(x, "needs an axis of channels", self.rank + 2)
        y = self.arranged(x, self.each(self.output_size), self.channels(x), env)
        return self._traced(x, y, env) if env.phase is Phase.TRACE else y

    def _require_rank(self, x: TensorSpec) -> None:
        # Keras surprise: all of these layers also accept sequences at run time.
        if len(x.dims) != 3 and (self.rank == 1 or len(x.dims) != self.rank + 2):
            self.require_axes(x)

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if env.phase is Phase.DATA:
            self._require_rank(x)

    def _traced(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> TensorSpec:
        # Keras surprise: the rank of the input decides what is computed, and sequences use only the first size.
        dtype = pooled_dtype(self, x, y, env)
        self._require_rank(x)
        sizes = self.each(self.output_size)[: len(x.dims) - 2]
        # Output sizes that are impossible for any input come first.
        for size, wanted in sorted(zip(self.spatial(x), sizes), key=lambda pair: pair[1] > 1):
            if not isinstance(size, int) and wanted > 1:
                raise unknown_size("needs a fixed size to split inside a Pipeline", size, x)
            # Keras surprise: a window one larger than needed must also fit, so an output size of 1 is impossible.
            if wanted < 2 or not isinstance(size, int) or size < -(-size // wanted) + 1:
                raise Violation(
                    "bad-value",
                    fmt("cannot make {} of {}", wanted, size),
                    condition="inside a Pipeline",
                    path=("output_size",),
                    help="write GlobalAveragePooling or GlobalMaxPooling for a single value" if wanted == 1 else None,
                )
        return self.arranged(x, sizes, self.channels(x), env)._replace(dtype=dtype)


class AdaptiveMaxPooling1D(_AdaptivePooling):
    """The maximum of each of `output_size` windows over the steps of a sequence."""

    rank = 1


class AdaptiveMaxPooling2D(_AdaptivePooling):
    """The maximum of each of `output_size` windows over height and width."""

    rank = 2


class AdaptiveMaxPooling3D(_AdaptivePooling):
    """The maximum of each of `output_size` windows over depth, height and width."""

    rank = 3
    exports = Exports(Limit(("litert",), "MaxPool3D"), _UNKNOWN)


class AdaptiveAveragePooling1D(_AdaptivePooling):
    """The mean of each of `output_size` windows over the steps of a sequence."""

    role = "average_pool"
    dtype_rule = FLOATS_ONLY
    rank = 1


class AdaptiveAveragePooling2D(_AdaptivePooling):
    """The mean of each of `output_size` windows over height and width."""

    role = "average_pool"
    dtype_rule = FLOATS_ONLY
    rank = 2


class AdaptiveAveragePooling3D(_AdaptivePooling):
    """The mean of each of `output_size` windows over depth, height and width."""

    role = "average_pool"
    dtype_rule = FLOATS_ONLY
    rank = 3
    exports = Exports(Limit(("litert",), "AvgPool3D"), _UNKNOWN)
