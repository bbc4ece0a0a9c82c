"""Rescaling."""

from pydantic import Field

from seqspec.core.catalog.keras_object import given_argument
from seqspec.core.catalog.layer import InferenceContext, Layer, Phase, require_numbers
from seqspec.core.catalog.traits import SeveralInputs
from seqspec.core.catalog.types import NestedNumbers
from seqspec.core.diagnostics.message import fmt, quote_value
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.arrays import array_shape, broadcast
from seqspec.core.shapes.tensor import Interval, TensorSpec, flat_numbers, scaled, show


class Rescaling(Layer):
    """Multiplies by a factor and adds an offset."""

    role = "affine"
    traits = frozenset({"scaling"})
    several_inputs = SeveralInputs("each", "packed")
    supports_masking = True

    # Keras surprise: factors and offsets that do not broadcast to the input fail only at run time.
    scale: NestedNumbers = Field(description='Scale, one number or one per channel; "1/255" scales [0, 255] to [0, 1].')
    offset: NestedNumbers = Field(default=0.0, description="Offset added after scaling.")

    @property
    def same_in_all_phases(self) -> bool:  # type: ignore[override]  # depends on arguments
        """Only for scalars, which broadcast to every input."""
        scale, offset = given_argument(self, "scale", 1), self.offset
        return isinstance(scale, float) and isinstance(offset, float)

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        dtype = self.compute_dtype(env)
        if env.phase is not Phase.TRACE:
            return TensorSpec(x.dims, dtype)
        if dtype in ("bool", "string"):
            raise cannot_compute(dtype)
        dims = x.dims
        for name, values in (("scale", given_argument(self, "scale", 1)), ("offset", self.offset)):
            shape = array_shape(values)
            fitted = None if shape is None else broadcast(dims, shape)
            if fitted is None or not fits_int64(values):
                raise Violation(
                    "shape-mismatch",
                    fmt("{} {} cannot be broadcast with input {}", name, quote_value(values), show(x.sample)),
                    path=(name,),
                )
            dims = fitted
        return TensorSpec(dims, dtype)

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if env.phase is Phase.DATA:
            require_numbers(x)

    def output_range(self, x: Interval | None) -> Interval | None:
        return None if x is None else scaled(x, flat_numbers(self.scale), flat_numbers(self.offset))


def cannot_compute(dtype: str) -> Violation:
    return Violation("wrong-dtype", f"cannot compute in {dtype} inside a Pipeline", path=("dtype",))


def fits_int64(values: object) -> bool:
    if isinstance(values, list):
        return all(map(fits_int64, values))
    return not isinstance(values, int) or -(2**63) <= values < 2**63
