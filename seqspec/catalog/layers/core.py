"""Dense, Embedding and the other layers of `keras/src/layers/core`."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.catalog.arguments import Declaration, arg
from seqspec.catalog.environment import Environment
from seqspec.catalog.kinds import Boolean, Integer, Optional
from seqspec.catalog.layer import Layer, need_known, need_rank_at_least
from seqspec.catalog.objects import ACTIVATION, CONSTRAINT, INITIALIZER, REGULARIZER
from seqspec.shapes.dims import Size, product
from seqspec.shapes.tensor import TensorSpec, WeightSpec


class Dense(Layer):
    """A densely connected layer: activation(x · kernel + bias) on the last axis."""

    supports_masking = True

    units: int = arg(Integer(minimum=1), "Size of the output's last axis.")
    activation: Declaration | None = arg(Optional(ACTIVATION), "Activation of the output.", default=None)
    use_bias: bool = arg(Boolean(), "Whether a bias is added.", default=True)
    kernel_initializer: Declaration = arg(INITIALIZER, "Start values of the kernel.", default="glorot_uniform")
    bias_initializer: Declaration = arg(INITIALIZER, "Start values of the bias.", default="zeros")
    kernel_regularizer: Declaration | None = arg(Optional(REGULARIZER), "Penalty on the kernel.", default=None)
    bias_regularizer: Declaration | None = arg(Optional(REGULARIZER), "Penalty on the bias.", default=None)
    kernel_constraint: Declaration | None = arg(Optional(CONSTRAINT), "Constraint on the kernel.", default=None)
    bias_constraint: Declaration | None = arg(Optional(CONSTRAINT), "Constraint on the bias.", default=None)
    lora_rank: int | None = arg(Optional(Integer(minimum=1)), "Rank of a LoRA adapter.", default=None)
    lora_alpha: int | None = arg(Optional(Integer()), "Scale of the LoRA adapter.", default=None)

    def output(self, x: TensorSpec, env: Environment) -> TensorSpec:
        need_rank_at_least(x, 2, "at least one axis of features")
        need_known(x.dims[-1], "features")
        return TensorSpec((*x.dims[:-1], self.units), self.compute_dtype(env))

    def variables(self, x: TensorSpec, env: Environment) -> Sequence[WeightSpec]:
        dtype = self.variable_dtype(env)
        features = need_known(x.dims[-1], "features")
        lora = self.lora_rank is not None
        weights = [WeightSpec("kernel", (features, self.units), dtype, not lora)]
        if self.use_bias:
            weights.append(WeightSpec("bias", (self.units,), dtype))
        if self.lora_rank is not None:
            weights.append(WeightSpec("lora_kernel_a", (features, self.lora_rank), dtype))
            weights.append(WeightSpec("lora_kernel_b", (self.lora_rank, self.units), dtype))
        return weights

    def macs(self, x: TensorSpec, y: TensorSpec, env: Environment) -> Size:
        return product(y.sample) * x.dims[-1]
