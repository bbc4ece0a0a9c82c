"""GlobalAveragePooling, and its common base with GlobalMaxPooling."""

from typing import ClassVar

from pydantic import Field

from seqspec.core.catalog.dtypes import NO_TEXT, DtypeRule
from seqspec.core.catalog.layer import InferenceContext, Phase
from seqspec.core.catalog.layers.base_spatial import SpatialLayer
from seqspec.core.catalog.traits import Role
from seqspec.core.shapes.tensor import Shape, TensorSpec

_MEAN_OF_ALL = DtypeRule(NO_TEXT, "float")


class GlobalPooling(SpatialLayer):
    """A pooling layer that returns one value per channel."""

    role: ClassVar[Role] = "average_pool"
    traits = frozenset({"global_pooling", "passes_values"})
    same_in_all_phases = True

    keepdims: bool = Field(default=False, description="Whether the spatial axes stay, with size 1.")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        first = 2 if self.channels_first else 1
        if env.phase is Phase.TRACE:
            # Keras surprise: the leading spatial axes are reduced, and all following axes are kept.
            if len(x.dims) < first + self.rank:
                self.require_axes(x)
            dims = (*x.dims[:first], *((1,) * self.rank if self.keepdims else ()), *x.dims[first + self.rank :])
            return TensorSpec(dims, self.compute_dtype(env))
        # Keras surprise: compute_output_shape does not check the rank.
        if env.phase is Phase.BUILD or len(x.dims) < 2:
            self.require_axes(x)
        return self.arranged(x, (1,) * (len(x.dims) - 2) if self.keepdims else (), self.channels(x), env)

    def require_input(self, x: TensorSpec) -> None:
        self.require_axes(x)


class GlobalAveragePooling1D(GlobalPooling):
    """The mean of each channel over all unmasked steps; the mask is not propagated."""

    traits = frozenset({"global_pooling", "mask_user", "passes_values"})
    dtype_rule = _MEAN_OF_ALL
    rank = 1
    supports_masking = True

    def mask(self, x: TensorSpec, y: TensorSpec) -> Shape | None:
        return None


class GlobalAveragePooling2D(GlobalPooling):
    """The mean of each channel over height and width."""

    dtype_rule = _MEAN_OF_ALL
    rank = 2


class GlobalAveragePooling3D(GlobalPooling):
    """The mean of each channel over depth, height and width."""

    dtype_rule = _MEAN_OF_ALL
    rank = 3
