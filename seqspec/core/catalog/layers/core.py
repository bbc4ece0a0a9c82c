"""Identity and Masking."""

from typing import Annotated

from pydantic import Field

from seqspec.core.catalog.dtypes import NO_TEXT, PRESERVE, DtypeRule
from seqspec.core.catalog.layer import InferenceContext, Layer
from seqspec.core.catalog.markers import NEUTRAL
from seqspec.core.catalog.traits import ALWAYS, SeveralInputs
from seqspec.core.catalog.types import Number, read_by
from seqspec.core.catalog.validation import validate
from seqspec.core.shapes.tensor import Interval, Shape, TensorSpec


class Identity(Layer):
    """Returns its input unchanged."""

    role = "affine"
    traits = frozenset({"passes_values"})
    supports_masking = True
    several_inputs = SeveralInputs("each", shapes="refused")
    dtype_rule = PRESERVE
    sparse_input = ALWAYS

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        return TensorSpec(x.dims, x.dtype, sparse=x.sparse)


def _mask_value(value: object) -> object:
    if isinstance(value, dict) and value.get("type") == "__tensor__" and set(value) <= {"type", "value", "dtype"}:
        value = value.get("value")
        while isinstance(value, list) and len(value) == 1:
            value = value[0]
    return validate(Number, value)


class TensorValue:
    """Marks a number that Keras may also save as a tensor with one element."""


MaskValue = Annotated[float, *read_by(_mask_value, "a number", TensorValue(), NEUTRAL)]
"""A number; also one as Keras saves it, a tensor of one element: `{ type = "__tensor__", value = [0.0] }`."""


class Masking(Layer):
    """Masks time steps whose values all equal mask_value, so that later layers skip them."""

    role = "affine"
    traits = frozenset({"passes_values"})
    # Since 3.15 masked steps are replaced; earlier versions multiply them by 0.
    dtype_rule = DtypeRule(NO_TEXT, "int", keeps_before=(3, 15))
    several_inputs = SeveralInputs(traced="packed", shapes="accepted")

    mask_value: MaskValue = Field(default=0.0, description="Time steps whose features all equal this value are masked.")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        return TensorSpec(x.dims, self.compute_dtype(env))

    def mask(self, x: TensorSpec, y: TensorSpec) -> Shape | None:
        return x.dims[:-1]

    def output_range(self, x: Interval | None) -> Interval | None:
        return None if x is None else Interval(min(x.low, 0), max(x.high, 0), x.is_attained)
