"""A layer of Acme's, declared for seqspec."""

from pydantic import Field

from seqspec.plugins import InferenceContext, Layer, Number, TensorSpec, WeightSpec


class AcmeScale(Layer):
    """Multiplies every channel by a factor that is learned."""

    keras_class = "acme_seqspec.keras_layers:AcmeScale"
    supports_masking = True

    start: Number = Field(default=1.0, description="Initial value of the factor.")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        return TensorSpec(x.dims, self.compute_dtype(env))

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> list[WeightSpec]:
        return [WeightSpec("scale", (x.dims[-1],), self.variable_dtype(env), True)]
