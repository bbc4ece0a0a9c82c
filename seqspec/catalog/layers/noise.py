"""GaussianDropout, GaussianNoise and ActivityRegularization."""

from typing import Annotated, Any, ClassVar

from annotated_types import Ge
from pydantic import Field

from seqspec.catalog.dtype_rule import FLOATING, OWN_FLOATS, PRESERVE
from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.layers.dropout import Noise, RandomNoise, Rate
from seqspec.catalog.markers import NEUTRAL
from seqspec.catalog.objects import REGULARIZER
from seqspec.catalog.types import Maybe, Number
from seqspec.shapes.tensor import TensorSpec


class ActivityRegularization(Noise):
    """Adds a penalty on what passes through to the loss."""

    role = "affine"
    traits = frozenset({"passes_values"})
    dtype_rule = PRESERVE
    without: ClassVar[tuple[str, ...]] = ("activity_regularizer",)

    l1: Maybe[Annotated[Number, Ge(0), NEUTRAL]] = Field(default=0.0, description="L1 regularization factor.")
    l2: Maybe[Annotated[Number, Ge(0), NEUTRAL]] = Field(default=0.0, description="L2 regularization factor.")

    @property
    def penalty(self) -> Any:
        return REGULARIZER.read({"type": "L1L2", "l1": self.l1, "l2": self.l2})


class GaussianDropout(RandomNoise):
    """Multiplies with random numbers around 1 while training."""

    role = "dropout"
    traits = frozenset({"passes_values", "undefined_at_rate_one"})
    noisy = OWN_FLOATS

    rate: Rate = Field(
        description="Drop probability as in Dropout; the noise has standard deviation sqrt(rate / (1 - rate))."
    )

    def takes_sparse(self, x: TensorSpec) -> bool:
        return True

    def result_dtype(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> str:
        # Keras surprise: truth values can be multiplied with the noise, and stay truth values.
        if x.dtype == "bool" and self.compute_dtype(env) in FLOATING:
            return "bool"
        return super().result_dtype(x, y, env)

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        self.undefined_at_one()


class GaussianNoise(RandomNoise):
    """Adds random numbers around 0 while training."""

    role = "noise"
    traits = frozenset({"passes_values"})
    strength = "stddev"
    noisy = OWN_FLOATS

    stddev: Rate = Field(description="Standard deviation of the noise, 0 to 1.")

    def takes_sparse(self, x: TensorSpec) -> bool:
        return self.stddev == 0
