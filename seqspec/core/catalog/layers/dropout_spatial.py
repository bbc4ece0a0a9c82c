"""Dropout of whole channels."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from seqspec.core.catalog.layer import InferenceContext, Phase, require_rank
from seqspec.core.catalog.layers.dropout import PatternedNoise, Rate
from seqspec.core.catalog.markers import NEUTRAL
from seqspec.core.catalog.traits import SeveralInputs
from seqspec.core.catalog.types import ANY_CASE, Maybe
from seqspec.core.shapes.tensor import Shape, TensorSpec


class _SpatialDropout(PatternedNoise):
    noisy_inputs = SeveralInputs("refused", "packed", "accepted")
    without: ClassVar[tuple[str, ...]] = ("activity_regularizer", "autocast", "trainable")
    what: ClassVar[str]

    rate: Rate = Field(description="Fraction of the channels dropped, 0 to 1.")

    @property
    def channels_first(self) -> bool:
        """Whether the channel axis precedes the spatial axes."""
        return getattr(self, "data_format", None) == "channels_first"

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        # Keras surprise: shape inference alone does not check the rank.
        if env.phase is Phase.BUILD:
            self.require_input(x)
        return super().compute_output_spec(x, env)

    def require_input(self, x: TensorSpec) -> None:
        require_rank(x, self.rank + 2, self.what)

    def pattern(self, x: TensorSpec) -> Shape | None:
        axis = 1 if self.channels_first else self.rank + 1
        if axis >= len(x.dims):
            return None
        kept = (1,) * self.rank
        pattern = (x.dims[0], x.dims[1], *kept) if self.channels_first else (x.dims[0], *kept, x.dims[axis])
        return pattern if len(pattern) <= len(x.dims) or self.amount == 1 else None


class SpatialDropout1D(_SpatialDropout):
    """Drops whole channels of a sequence during training."""

    rank = 1
    what = "(steps, channels)"


class SpatialDropout2D(_SpatialDropout):
    """Drops whole channels of an image during training."""

    rank = 2
    what = "(height, width, channels)"

    data_format: Maybe[Annotated[Literal["channels_last", "channels_first"], ANY_CASE, NEUTRAL]] = Field(
        default=None, description="Position of the channels axis."
    )


class SpatialDropout3D(_SpatialDropout):
    """Drops whole channels of a volume during training."""

    rank = 3
    what = "(depth, height, width, channels)"

    data_format: Maybe[Annotated[Literal["channels_last", "channels_first"], ANY_CASE, NEUTRAL]] = Field(
        default=None, description="Position of the channels axis."
    )
