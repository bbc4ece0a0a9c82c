"""The classes of `keras.regularizers`."""

from typing import Annotated, ClassVar, Literal

from annotated_types import Ge
from pydantic import Field

from seqspec.core.catalog.dtypes import COMPLEX, FLOATING, NO_TEXT, DtypeRule, cannot_compute
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.types import Float, Maybe, NonNegativeNumber
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.language.keras import Version
from seqspec.core.language.keys import snake_case
from seqspec.core.shapes.tensor import Shape, show

_SUMMED = FLOATING | {"int32", "int64", "uint32", "uint64"}


class Regularizer(KerasObject):
    """A penalty that a variable or an output adds to the loss."""

    requires_matrix: ClassVar[bool] = False
    """Whether it accepts only tensors of rank 2."""

    @property
    def summed(self) -> frozenset[str]:
        """The dtypes that it supports."""
        return _SUMMED | {"bool"}

    def check_tensor(self, dims: Shape, dtype: str, keras: Version) -> None:
        """Raises a `Violation` for an output whose penalty Keras cannot compute."""
        # Before 3.14, the float factors were multiplied with sums of the input dtype.
        summed = self.summed if keras >= (3, 14) or self.summed is NO_TEXT else self.summed & (FLOATING | COMPLEX)
        if dtype not in summed:
            raise cannot_compute(dtype, dtype, DtypeRule(summed))


class L1(Regularizer):
    """The sum of absolute values times a factor."""

    l1: Maybe[NonNegativeNumber] = Field(default=0.01, description="Factor on the penalty.")


class L2(Regularizer):
    """The sum of squares times a factor."""

    l2: Maybe[NonNegativeNumber] = Field(default=0.01, description="Factor on the penalty.")

    @property
    def summed(self) -> frozenset[str]:
        return _SUMMED | COMPLEX | {"bool"}


class L1L2(Regularizer):
    """L1 and L2 penalties, each with its own factor."""

    l1: Maybe[NonNegativeNumber] = Field(default=0.0, description="Factor on the sum of absolute values.")
    l2: Maybe[NonNegativeNumber] = Field(default=0.0, description="Factor on the sum of squares.")

    @property
    def summed(self) -> frozenset[str]:
        if self.l1:
            return _SUMMED
        return _SUMMED | COMPLEX if self.l2 else NO_TEXT


class OrthogonalRegularizer(Regularizer):
    """A penalty on the rows or columns of a matrix that are not orthogonal."""

    requires_matrix = True

    # Keras multiplies a float by it, which fails for integers.
    factor: Annotated[Float, Ge(0)] = Field(default=0.01, description="Factor on the penalty.")
    mode: Literal["rows", "columns"] = Field(default="rows", description="Whether rows or columns are orthogonal.")

    @property
    def summed(self) -> frozenset[str]:
        return FLOATING

    def check_tensor(self, dims: Shape, dtype: str, keras: Version) -> None:
        super().check_tensor(dims, dtype, keras)
        if len(dims) != 2 or not isinstance(dims[0 if self.mode == "rows" else 1], int):
            raise Violation(
                "wrong-rank" if len(dims) != 2 else "unknown-size",
                f"needs a matrix of fixed size, but the output is {show(dims)} with the batch",
                help="penalize the kernel instead, with kernel_regularizer",
            )


NAMES: dict[str, type[KerasObject]] = {
    name: declared
    for declared in (L1, L2, L1L2, OrthogonalRegularizer)
    for name in (declared.__name__, snake_case(declared.__name__))
}
"""All names that `keras.regularizers.get` accepts."""

TYPED = {"l1_l2": L1L2}
"""A name in `keras.regularizers` that `get` does not accept."""

_BASE = ("is the base class and does nothing by itself", "name one of its subclasses")
REFUSED: dict[str, tuple[str, str]] = {"Regularizer": _BASE, "regularizer": _BASE}
"""The unsupported classes: the reason, and what to do instead."""
