"""The layer Activation, and its common base with the layers that apply one activation."""

from typing import ClassVar

from pydantic import Field

from seqspec.core.catalog.dtype_rule import FLOATS_ONLY, PRESERVE
from seqspec.core.catalog.inference_context import InferenceContext
from seqspec.core.catalog.layer import Layer
from seqspec.core.catalog.objects import Activation as ActivationFunction
from seqspec.core.catalog.traits import SeveralInputs, SeveralTraced
from seqspec.core.catalog.types import Maybe
from seqspec.core.shapes.tensor import TensorSpec


class Elementwise(Layer):
    """A layer whose output shape is its input shape."""

    role = "activation"
    supports_masking = True
    dtype_rule = FLOATS_ONLY
    same_in_all_phases = True
    several_inputs: ClassVar[SeveralInputs] = SeveralInputs("each", "packed")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        # Keras surprise: nothing is computed while a model is built, so any dtype is accepted, including strings.
        return TensorSpec(x.dims, self.compute_dtype(env))


class Activation(Elementwise):
    """Applies an activation."""

    dtype_rule = PRESERVE

    @property
    def several_inputs(self) -> SeveralInputs:  # type: ignore[override]  # depends on arguments
        """How the activation handles several tensors."""
        traced: SeveralTraced = getattr(self.activation, "several_inputs", "packed")
        return SeveralInputs("each", "each" if self.activation is None else traced)

    activation: Maybe[ActivationFunction] = Field(description='Activation function, such as "relu".')

    def takes_sparse(self, x: TensorSpec) -> bool:
        return self.activation is None or getattr(self.activation, "takes_sparse", False)
