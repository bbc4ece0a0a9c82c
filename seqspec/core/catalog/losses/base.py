"""The base class of losses."""

from typing import Annotated, Literal

from seqspec.core.catalog.dtypes import COMPLEX, FLOATS, PolicyText, policy
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.markers import Expects
from seqspec.core.catalog.types import Maybe
from seqspec.core.diagnostics.snippet import Help, Setting
from seqspec.core.diagnostics.violation import Violation


class NullMeansNone:
    """Marks a value of which null is an own word."""


Reduction = Annotated[
    Literal["sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none"] | None,
    Expects('"sum_over_batch_size" or "sum" or "mean" or "mean_with_sample_weight" or "none"'),
    NullMeansNone(),
]
"""How the losses of samples become one number; `null` is Keras's None and means the same as `"none"`."""


REDUCTION_DOC = "Reduction of the per-sample losses to a scalar."


Dtype = Maybe[PolicyText]


DTYPE_DOC = "Dtype of the computation."


LOGITS_DOC = "Whether predictions are logits instead of probabilities."


SMOOTHING_DOC = "Label smoothing factor, from 0 to 1."


Axes = Maybe[int | list[int]]


class Loss(KerasObject):
    """A loss function."""

    def check_arguments(self) -> None:
        dtype = getattr(self, "dtype", None)
        if dtype and policy(dtype).compute not in FLOATS | COMPLEX:
            raise Violation(
                "bad-value",
                f'dtype must be a float dtype: a loss in {dtype} has no gradient, got "{dtype}"',
                path=("dtype",),
                help=Help("remove dtype, or write ", Setting("dtype", "float32")),
            )
