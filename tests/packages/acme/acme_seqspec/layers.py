"""A layer of Acme's, declared for seqspec."""

from seqspec.catalog.arguments import arg
from seqspec.catalog.kinds import Number

from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.layer import Layer
from seqspec.shapes.tensor import TensorSpec, WeightSpec


class AcmeScale(Layer):
    """Multiplies every channel by a factor that is learned."""

    builds = "acme_seqspec.keras_layers:AcmeScale"
    supports_masking = True

    start: float = arg(Number(), "The factor to start from.", default=1.0)

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        return TensorSpec(x.dims, self.compute_dtype(env))

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> list[WeightSpec]:
        return [WeightSpec("scale", (x.dims[-1],), self.variable_dtype(env), True)]
