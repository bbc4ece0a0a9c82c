"""The base class of metrics."""

from typing import ClassVar, Literal

from seqspec.core.catalog.dtypes import DTYPES, PolicyText, policy
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.types import Maybe
from seqspec.core.diagnostics.snippet import Help, Setting
from seqspec.core.diagnostics.violation import Violation

Dtype = Maybe[PolicyText]
DTYPE_DOC = "Dtype of the computation."


class Metric(KerasObject):
    """A metric."""

    computes_in: ClassVar[frozenset[str]] = DTYPES - {"bool", "string"}
    """The dtypes in which it can be computed; Keras reads the argument `dtype` only at the first batch."""

    direction: ClassVar[Literal["max", "min"] | None] = "min"
    """Whether Keras maximizes or minimizes the metric; None if it cannot infer this."""

    def check_arguments(self) -> None:
        dtype = getattr(self, "dtype", None)
        if dtype and policy(dtype).compute not in self.computes_in:
            raise Violation(
                "bad-value",
                f'{type(self).__name__} cannot be computed in dtype "{dtype}"',
                path=("dtype",),
                help=Help("remove dtype, or write ", Setting("dtype", "float32")),
            )
