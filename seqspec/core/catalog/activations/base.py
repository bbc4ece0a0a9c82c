"""The base class of activations."""

from math import inf
from typing import ClassVar

from seqspec.core.catalog.dtypes import COMPLEX, FLOATING, FLOATS_ONLY, NO_TEXT, REAL, DtypeRule, cannot_compute
from seqspec.core.catalog.export_formats import EVERYWHERE, Exports
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.layer import InferenceContext
from seqspec.core.catalog.traits import SeveralTraced
from seqspec.core.diagnostics.message import SpecOrProgram, TableName, fmt
from seqspec.core.shapes.tensor import Interval, TensorSpec

RELU = DtypeRule(REAL, "input")


LEAKY_RELU = DtypeRule(REAL, "float")
"""Keras surprise: with a slope, integer inputs become float32."""


SQUASHING = DtypeRule(FLOATING | COMPLEX, "input")


EXPONENTIAL = DtypeRule(NO_TEXT, "float")


class ActivationFunction(KerasObject):
    """An activation; `layer` is the Keras layer that carries its arguments, if there is one."""

    layer: ClassVar[str | None] = None
    dtype_rule: ClassVar[DtypeRule] = FLOATS_ONLY
    same_in_all_phases: ClassVar[bool] = True
    """Whether it returns float32 of the same shape for every float32, as is inferred for a layer."""

    takes_sparse: ClassVar[bool] = False
    """Whether TensorFlow can compute it for a sparse tensor."""

    several_inputs: ClassVar[SeveralTraced] = "packed"
    """How Keras computes it for several tensors."""

    exports: ClassVar[Exports] = EVERYWHERE
    """The operations that export formats do not support."""

    bounds: ClassVar[tuple[float, float]] = (-inf, inf)
    """The least and greatest value that it returns."""

    @classmethod
    def output_range(cls, x: Interval | None) -> Interval | None:
        """The values that it returns for values in `x`; None where these are of any size."""
        return None if cls.bounds == (-inf, inf) else Interval(*cls.bounds)

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        """The output tensor when Keras executes the activation."""
        if self.dtype_rule.refuses(x.dtype, x.dtype):
            raise cannot_compute(x.dtype, x.dtype, self.dtype_rule)
        return x._replace(dtype=self.dtype_rule.result_dtype(x.dtype, x.dtype, x.dtype))

    @classmethod
    def unknown_argument_help(cls, key: str) -> str | None:
        """Says why most functions take no arguments."""
        if cls.layer is not None:
            return None
        return fmt(
            'write "{}": Keras saves this function by its name only, so with other arguments than the '
            "defaults it has to be {}",
            cls.__name__,
            SpecOrProgram(fmt("a class of your own under {}", TableName(("custom",))), "a function of your own"),
        )
