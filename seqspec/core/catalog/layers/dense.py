"""Dense."""

from collections.abc import Sequence

from pydantic import Field

from seqspec.core.catalog.dtypes import PROMOTE
from seqspec.core.catalog.layer import InferenceContext, Layer, require_rank_at_least, unknown_features_help
from seqspec.core.catalog.layers.kernel import KernelArguments, QuantizableArguments
from seqspec.core.catalog.objects import Activation
from seqspec.core.catalog.traits import SparseInput
from seqspec.core.catalog.types import Maybe, PositiveInt
from seqspec.core.diagnostics.message import fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import Size, TensorSpec, WeightSpec, product, show


def _features(x: TensorSpec) -> int:
    """The size of the last axis, which determines the kernel shape."""
    size = x.dims[-1]
    if isinstance(size, int):
        return size
    noun = "number of features" if x.rank == 2 else "last axis"
    raise Violation(
        "unknown-size",
        fmt("needs a known {} to create its weights, got {}", noun, show(x.sample)),
        anchor="layer",
        label="its size is unknown" if str(size) == "?" else fmt("{} is unknown", size),
        help=unknown_features_help(x),
    )


class Dense(QuantizableArguments, KernelArguments, Layer):
    """A densely connected layer: activation(x · kernel + bias) on the last axis."""

    role = "weights"
    traits = frozenset({"dense", "quantizable"})
    supports_masking = True
    dtype_rule = PROMOTE
    same_in_all_phases = True
    # TensorFlow only multiplies sparse tensors of rank 2.
    sparse_input = SparseInput(ranks=(2,))

    leading = ("units", "activation", "use_bias")

    units: PositiveInt = Field(description="Number of units: the size of the last output axis.")
    activation: Maybe[Activation] = Field(default=None, description="Activation function of the output.")
    use_bias: bool = Field(default=True, description="Whether to add a bias.")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        require_rank_at_least(x, 2, "(..., features)")
        _features(x)
        return TensorSpec((*x.dims[:-1], self.units), self.compute_dtype(env))

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        dtype = self.variable_dtype(env)
        kernel = (_features(x), self.units)
        weights = [WeightSpec("kernel", kernel, dtype, not self.lora_rank)]
        if self.use_bias:
            weights.append(WeightSpec("bias", (self.units,), dtype))
        return weights + self.adapter_weights("kernel", kernel, dtype, env)

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
        return product(y.sample) * x.dims[-1]
