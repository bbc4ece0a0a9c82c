"""The layer Activation, and what it shares with the layers that are one activation."""

from pydantic import Field

from seqspec.catalog.dtype_rule import FLOATS_ONLY, PRESERVE
from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.layer import Layer
from seqspec.catalog.objects import Activation as ActivationFunction
from seqspec.catalog.types import Maybe
from seqspec.shapes.tensor import TensorSpec


class Elementwise(Layer):
    """A layer that returns the shape that it gets."""

    role = "activation"
    supports_masking = True
    takes_several = True
    dtype_rule = FLOATS_ONLY
    runs_as_inferred = True
    several = "packed"

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        # Keras surprise: nothing is computed while a model is built, so any dtype is accepted, text too.
        return TensorSpec(x.dims, self.compute_dtype(env))


class Activation(Elementwise):
    """Applies an activation."""

    dtype_rule = PRESERVE

    @property
    def several(self) -> str:  # type: ignore[override]  # depends on arguments
        """What the activation makes of them, or does with them."""
        return "each" if self.activation is None else getattr(self.activation, "several", "packed")

    activation: Maybe[ActivationFunction] = Field(description='Activation function, such as "relu".')

    def takes_sparse(self, x: TensorSpec) -> bool:
        return self.activation is None or getattr(self.activation, "takes_sparse", False)
