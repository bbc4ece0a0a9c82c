"""Dense, Embedding and the other layers of `keras/src/layers/core`."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import Field

from seqspec.catalog.dtype_rule import NO_TEXT, PRESERVE, PROMOTE, DtypeRule
from seqspec.catalog.dtypes import DTypeName
from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.layer import Layer, Outputs, require_rank_at_least, unknown_features_help
from seqspec.catalog.markers import NEUTRAL, Since
from seqspec.catalog.objects import (
    Activation,
    Constraint,
    Initializer,
    Regularizer,
)
from seqspec.catalog.types import Maybe, NeutralNumber, NonNegativeInt, Number, PositiveInt, read_by
from seqspec.catalog.validation import validate
from seqspec.diagnostics.violation import Violation
from seqspec.shapes.dims import Shape, Size, product, show
from seqspec.shapes.tensor import TensorSpec, WeightSpec


def not_in_specs(reason: str, help: str) -> Any:
    """The type of an argument that holds what only a program can make: a spec may say `"none"`, the default."""

    def read(value: Any) -> None:
        if value is not None and value != "none":
            raise Violation("bad-value", f"cannot be set in a spec: {reason}", help=help, recovered_value=None)

    return Annotated[None, *read_by(read, 'omitted, or "none"', NotInSpecs(), NEUTRAL)]


class NotInSpecs:
    """Marks an argument that no spec can return."""


Quantization: Any = not_in_specs(
    "it contains quantizer objects and only matters when trained weights are quantized",
    "remove it, and quantize the trained model with the table [quantize]",
)
_Weights: Any = not_in_specs(
    "Keras expects an array here, not a list", "remove it, and load weights into the built model"
)
# Keras surprise: 0 is accepted and means the same as none.
LoraRank = Maybe[NonNegativeInt]
LoraAlpha = Maybe[NeutralNumber]


def check_lora(layer: Layer, rank: int | None, constraint: str) -> None:
    """Raises the `Violation` for an adapter beside a constraint on what it adapts."""
    if rank and getattr(layer, constraint) is not None:
        raise Violation(
            "conflicting-arguments",
            f"lora_rank cannot be combined with {constraint}",
            path=("lora_rank",),
            label=f"not with {constraint}",
            help=f"remove {constraint}, or lora_rank",
        )


def lora_dtype(layer: Layer, env: InferenceContext) -> str:
    """The dtype in which an adapter is kept."""
    return "float32" if env.keras >= (3, 15) else layer.variable_dtype(env)


def _features(x: TensorSpec) -> int:
    """The size of the last axis, from which a kernel is made."""
    size = x.dims[-1]
    if isinstance(size, int):
        return size
    what = "number of features" if x.rank == 2 else "last axis"
    raise Violation(
        "unknown-size",
        f"needs a known {what} to create its weights, got {show(x.sample)}",
        anchor="layer",
        label="its size is unknown" if str(size) == "?" else f"{size} is unknown",
        help=unknown_features_help(x),
    )


class Dense(Layer):
    """A densely connected layer: activation(x · kernel + bias) on the last axis."""

    supports_masking = True
    dtype_rule = PROMOTE

    units: PositiveInt = Field(description="Number of units: the size of the last output axis.")
    activation: Maybe[Activation] = Field(default=None, description="Activation function of the output.")
    use_bias: bool = Field(default=True, description="Whether to add a bias.")
    kernel_initializer: Initializer = Field(default="glorot_uniform", description="Initializer for the kernel.")
    bias_initializer: Initializer = Field(default="zeros", description="Initializer for the bias.")
    kernel_regularizer: Maybe[Regularizer] = Field(default=None, description="Regularizer for the kernel.")
    bias_regularizer: Maybe[Regularizer] = Field(default=None, description="Regularizer for the bias.")
    kernel_constraint: Maybe[Constraint] = Field(default=None, description="Constraint for the kernel.")
    bias_constraint: Maybe[Constraint] = Field(default=None, description="Constraint for the bias.")
    lora_rank: LoraRank = Field(default=None, description="Rank of the LoRA adapter.")
    lora_alpha: LoraAlpha = Field(default=None, description="Scaling factor of the LoRA adapter.")
    quantization_config: Annotated[Quantization, Since("3.13")] = Field(
        default=None, description="Cannot be set in a spec."
    )

    def check_arguments(self) -> None:
        check_lora(self, self.lora_rank, "kernel_constraint")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        require_rank_at_least(x, 2, "(..., features)")
        _features(x)
        return TensorSpec((*x.dims[:-1], self.units), self.compute_dtype(env))

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        dtype = self.variable_dtype(env)
        features = _features(x)
        weights = [WeightSpec("kernel", (features, self.units), dtype, not self.lora_rank)]
        if self.use_bias:
            weights.append(WeightSpec("bias", (self.units,), dtype))
        if self.lora_rank:
            lora = lora_dtype(self, env)
            weights.append(WeightSpec("lora_kernel_a", (features, self.lora_rank), lora))
            weights.append(WeightSpec("lora_kernel_b", (self.lora_rank, self.units), lora))
        return weights

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
        return product(y.sample) * x.dims[-1]


class Embedding(Layer):
    """A table of vectors: each integer of the input is replaced by its vector."""

    legacy = {"input_length": None}

    input_dim: PositiveInt = Field(description="Vocabulary size: the largest index plus one.")
    output_dim: PositiveInt = Field(description="Dimension of the embedding vectors.")
    embeddings_initializer: Initializer = Field(default="uniform", description="Initializer for the embeddings.")
    embeddings_regularizer: Maybe[Regularizer] = Field(default=None, description="Regularizer for the embeddings.")
    embeddings_constraint: Maybe[Constraint] = Field(default=None, description="Constraint for the embeddings.")
    mask_zero: bool = Field(default=False, description="Whether index 0 is padding, which later layers mask.")
    weights: _Weights = Field(default=None, description="Cannot be set in a spec.")
    lora_rank: LoraRank = Field(default=None, description="Rank of the LoRA adapter.")
    lora_alpha: LoraAlpha = Field(default=None, description="Scaling factor of the LoRA adapter.")
    quantization_config: Annotated[Quantization, Since("3.13")] = Field(
        default=None, description="Cannot be set in a spec."
    )

    def check_arguments(self) -> None:
        check_lora(self, self.lora_rank, "embeddings_constraint")

    def cast(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        return x

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        # Keras surprise: floats and strings are accepted; call casts them to integers, or fails.
        return TensorSpec((*x.dims, self.output_dim), self.compute_dtype(env))

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        shape = (self.input_dim, self.output_dim)
        weights = [WeightSpec("embeddings", shape, self.variable_dtype(env), not self.lora_rank)]
        if self.lora_rank:
            lora = lora_dtype(self, env)
            weights.append(WeightSpec("lora_embeddings_a", (self.input_dim, self.lora_rank), lora))
            weights.append(WeightSpec("lora_embeddings_b", (self.lora_rank, self.output_dim), lora))
        return weights

    def mask(self, x: TensorSpec, y: TensorSpec) -> Shape | None:
        return x.dims if self.mask_zero else None


class ReversibleEmbedding(Embedding):
    """An embedding that a program can also call backwards, from vectors to scores; a document's model never does."""

    tie_weights: bool = Field(default=True, description="Whether the reverse projection uses the same embeddings.")
    reverse_dtype: Maybe[DTypeName] = Field(default=None, description="Dtype of the reverse projection.")
    logit_soft_cap: Maybe[NeutralNumber] = Field(
        default=None, description="Soft cap on the logits of the reverse projection."
    )

    def check_arguments(self) -> None:
        super().check_arguments()
        if self.lora_rank and not self.tie_weights:
            raise Violation(
                "conflicting-arguments",
                "lora_rank cannot be combined with tie_weights = false",
                path=("lora_rank",),
                label="not with tie_weights = false",
                help="remove one of the two: Keras cannot add the untied weights after the adapter",
            )

    def infer(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        y = super().infer(x, env)
        # Keras surprise: since 3.14 the mask is made only when it is called on data, so that the model is built
        # without one.
        return y._replace(mask=None) if isinstance(y, TensorSpec) and env.keras >= (3, 14) else y

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        weights = super().own_weights(x, env)
        if self.tie_weights:
            return weights
        back = WeightSpec("reverse_embeddings", (self.output_dim, self.input_dim), self.variable_dtype(env))
        return [*weights, back]

    def initialized(self, x: TensorSpec, env: InferenceContext) -> Iterator[tuple[str, tuple[int, ...], str]]:
        for weight in self.own_weights(x, env):
            if not weight.name.startswith("lora"):
                yield "embeddings_initializer", weight.shape, weight.dtype


class Identity(Layer):
    """Passes on the input."""

    supports_masking = True
    takes_several = True
    dtype_rule = PRESERVE

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        return TensorSpec(x.dims, x.dtype, sparse=x.sparse)


def _mask_value(value: Any) -> Any:
    if isinstance(value, dict) and value.get("type") == "__tensor__" and set(value) <= {"type", "value", "dtype"}:
        value = value.get("value")
        while isinstance(value, list) and len(value) == 1:
            value = value[0]
    return validate(Number, value)


class TensorValue:
    """Marks a number that Keras may also save as a tensor of one element."""


MaskValue = Annotated[float, *read_by(_mask_value, "a number", TensorValue(), NEUTRAL)]
"""A number; also one as Keras saves it, a tensor of one element: `{ type = "__tensor__", value = [0.0] }`."""


class Masking(Layer):
    """Marks the steps of a sequence whose values all equal one number, so that later layers skip them."""

    dtype_rule = DtypeRule(NO_TEXT, "int")
    several = "packed"

    mask_value: MaskValue = Field(default=0.0, description="Time steps whose features all equal this value are masked.")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        return TensorSpec(x.dims, self.compute_dtype(env))

    def result_dtype(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> str:
        # Since 3.15 masked steps are replaced, before they were multiplied with 0.
        made = super().result_dtype(x, y, env)
        return made if env.keras >= (3, 15) else x.dtype

    def mask(self, x: TensorSpec, y: TensorSpec) -> Shape | None:
        return x.dims[:-1]
