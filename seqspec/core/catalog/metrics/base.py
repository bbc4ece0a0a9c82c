"""The base class of metrics."""

from collections.abc import Callable
from typing import ClassVar, Literal

from pydantic import Field

from seqspec.core.catalog.dtypes import DTYPES, PolicyText, policy
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.types import Maybe, Name
from seqspec.core.diagnostics.message import Setting, fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.language.keys import snake_case


class Metric(KerasObject):
    """A metric."""

    computes_in: ClassVar[frozenset[str]] = DTYPES - {"bool", "string"}
    """The dtypes in which it can be computed; Keras reads the argument `dtype` only at the first batch."""

    direction: ClassVar[Literal["max", "min"] | None] = "min"
    """Whether Keras maximizes or minimizes the metric; None if it cannot infer this."""

    name_from_class: ClassVar[Callable[[str], str] | None] = snake_case

    name: Name = Field(default=None, description="Name.")
    dtype: Maybe[PolicyText] = Field(default=None, description="Dtype of the computation.")

    def check_arguments(self) -> None:
        if self.dtype and policy(self.dtype).compute not in self.computes_in:
            raise Violation(
                "bad-value",
                f'{type(self).__name__} cannot be computed in dtype "{self.dtype}"',
                path=("dtype",),
                help=fmt("remove dtype, or write {}", Setting("dtype", "float32")),
            )
