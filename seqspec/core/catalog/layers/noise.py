"""GaussianDropout, GaussianNoise and ActivityRegularization."""

from typing import TYPE_CHECKING, Annotated, ClassVar, cast

from annotated_types import Ge
from pydantic import Field

from seqspec.core.catalog.dtypes import OWN_FLOATS, PRESERVE
from seqspec.core.catalog.layer import InferenceContext, Phase
from seqspec.core.catalog.layers.dropout import Noise, RandomNoise, Rate
from seqspec.core.catalog.markers import NEUTRAL, InUnitOfInput
from seqspec.core.catalog.objects import REGULARIZER
from seqspec.core.catalog.traits import ALWAYS, SparseInput
from seqspec.core.catalog.types import Maybe, Number

if TYPE_CHECKING:
    from seqspec.core.catalog.regularizers import Regularizer
from seqspec.core.shapes.tensor import TensorSpec


class ActivityRegularization(Noise):
    """Adds a penalty on its input to the loss."""

    role = "affine"
    traits = frozenset({"passes_values"})
    dtype_rule = PRESERVE
    without: ClassVar[tuple[str, ...]] = ("activity_regularizer",)

    l1: Maybe[Annotated[Number, Ge(0), NEUTRAL]] = Field(default=0.0, description="L1 regularization factor.")
    l2: Maybe[Annotated[Number, Ge(0), NEUTRAL]] = Field(default=0.0, description="L2 regularization factor.")

    @property
    def penalty(self) -> "Regularizer":
        return cast("Regularizer", REGULARIZER.read({"type": "L1L2", "l1": self.l1, "l2": self.l2}))


class GaussianDropout(RandomNoise):
    """Multiplies by Gaussian noise with mean 1 during training."""

    role = "dropout"
    traits = frozenset({"passes_values", "undefined_at_rate_one"})
    # Keras surprise: booleans can be multiplied by the noise and remain booleans.
    noisy = OWN_FLOATS._replace(keeps_bool=True)
    sparse_input = ALWAYS

    rate: Rate = Field(
        description="Drop probability as in Dropout; the noise has standard deviation sqrt(rate / (1 - rate))."
    )

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if env.phase is Phase.TRACE:
            self.undefined_at_one()


class GaussianNoise(RandomNoise):
    """Adds Gaussian noise with mean 0 during training."""

    role = "noise"
    traits = frozenset({"passes_values"})
    strength = "stddev"
    noisy = OWN_FLOATS
    sparse_input = SparseInput(arguments={"stddev": (0,)})

    stddev: Annotated[Rate, InUnitOfInput()] = Field(description="Standard deviation of the noise, 0 to 1.")
