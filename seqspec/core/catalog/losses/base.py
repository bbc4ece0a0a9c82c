"""The base class of losses."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from seqspec.core.catalog.dtypes import COMPLEX, FLOATS, PolicyText, policy
from seqspec.core.catalog.keras_object import KerasObject, bad_argument
from seqspec.core.catalog.markers import Expects
from seqspec.core.catalog.types import Maybe, PlainName
from seqspec.core.diagnostics.message import Setting, fmt
from seqspec.core.language.keys import snake_case


class NullMeansNone:
    """Marks a value of which null is an own word."""


Reduction = Annotated[
    Literal["sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none"] | None,
    Expects('"sum_over_batch_size" or "sum" or "mean" or "mean_with_sample_weight" or "none"'),
    NullMeansNone(),
]
"""How the losses of samples become one number; `null` is Keras's None and means the same as `"none"`."""


LOGITS_DOC = "Whether predictions are logits instead of probabilities."
SMOOTHING_DOC = "Label smoothing factor, from 0 to 1."
Axes = Maybe[int | list[int]]


class Loss(KerasObject):
    """A loss function."""

    name_from_class = snake_case
    trailing: ClassVar[tuple[str, ...]] = ("reduction", "name", "dtype")

    reduction: Reduction = Field(
        default="sum_over_batch_size", description="Reduction of the per-sample losses to a scalar."
    )
    name: PlainName = Field(default=None, description="Name.")
    dtype: Maybe[PolicyText] = Field(default=None, description="Dtype of the computation.")

    def check_arguments(self) -> None:
        if self.dtype and policy(self.dtype).compute not in FLOATS | COMPLEX:
            raise bad_argument(
                "dtype",
                f'must be a float dtype: a loss in {self.dtype} has no gradient, got "{self.dtype}"',
                help=fmt("remove dtype, or write {}", Setting("dtype", "float32")),
            )
