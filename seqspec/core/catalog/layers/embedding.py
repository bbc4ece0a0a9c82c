"""Embedding and ReversibleEmbedding."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from seqspec.core.catalog.dtypes import DTypeName
from seqspec.core.catalog.keras_object import conflict
from seqspec.core.catalog.layer import InferenceContext, Layer, Phase
from seqspec.core.catalog.layers.kernel import QuantizableArguments, not_in_specs
from seqspec.core.catalog.objects import Constraint, Initializer, Regularizer
from seqspec.core.catalog.traits import Casting, Role, SparseInput
from seqspec.core.catalog.types import Maybe, NeutralNumber, PositiveInt
from seqspec.core.diagnostics.message import Setting, Value, fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import Shape, TensorSpec, WeightSpec

_Weights: Any = not_in_specs(
    "Keras expects an array here, not a list", "remove it, and load weights into the built model"
)


class Embedding(QuantizableArguments, Layer):
    """A table of vectors: each integer of the input is replaced by its vector."""

    role: ClassVar[Role] = "embedding"
    traits = frozenset({"quantizable", "unbounded"})
    casting = Casting(floats=False)
    same_in_all_phases: ClassVar[bool] = True
    legacy: ClassVar[Mapping[str, str | None]] = {"input_length": None}
    sparse_input = SparseInput(arguments={"mask_zero": (False,)})

    trailing: ClassVar[tuple[str, ...]] = ("lora_rank", "lora_alpha", "quantization_config", *Layer.trailing)
    adapted = "embeddings"

    input_dim: PositiveInt = Field(description="Vocabulary size: the largest index plus one.")
    output_dim: PositiveInt = Field(description="Dimension of the embedding vectors.")
    embeddings_initializer: Maybe[Initializer] = Field(default="uniform", description="Initializer for the embeddings.")
    embeddings_regularizer: Maybe[Regularizer] = Field(default=None, description="Regularizer for the embeddings.")
    embeddings_constraint: Maybe[Constraint] = Field(default=None, description="Constraint for the embeddings.")
    mask_zero: bool = Field(default=False, description="Whether index 0 is padding, which later layers mask.")
    weights: _Weights = Field(default=None, description="Cannot be set in a spec.")

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        # Keras surprise: floats and strings are accepted; call casts them to integers, or fails.
        return TensorSpec((*x.dims, self.output_dim), self.compute_dtype(env))

    def require_input(self, x: TensorSpec) -> None:
        if self.mask_zero:
            # Keras compares the input with 0 to compute the mask, which fails for text already when it is traced.
            require_indices(x)

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if env.phase is Phase.DATA:
            require_indices(x)

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        shape = (self.input_dim, self.output_dim)
        dtype = self.variable_dtype(env)
        weights = [WeightSpec("embeddings", shape, dtype, not self.lora_rank)]
        return weights + self.adapter_weights("embeddings", shape, dtype, env)

    def mask(self, x: TensorSpec, y: TensorSpec) -> Shape | None:
        return x.dims if self.mask_zero else None


class ReversibleEmbedding(Embedding):
    """An embedding that a program can also call backwards, from vectors to scores; a document's model never does."""

    role = "opaque"
    traits = frozenset({"quantizable"})
    mask_on_data_since = (3, 14)
    trailing = Layer.trailing
    same_in_all_phases = False

    tie_weights: bool = Field(default=True, description="Whether the reverse projection uses the same embeddings.")
    reverse_dtype: Maybe[DTypeName] = Field(default=None, description="Dtype of the reverse projection.")
    logit_soft_cap: Maybe[NeutralNumber] = Field(
        default=None, description="Soft cap on the logits of the reverse projection."
    )

    def check_arguments(self) -> None:
        super().check_arguments()
        if self.lora_rank and not self.tie_weights:
            raise conflict(
                "lora_rank",
                fmt("lora_rank cannot be combined with {}", Setting("tie_weights", False)),
                label=fmt("not with {}", Setting("tie_weights", False)),
                help="remove one of the two: Keras cannot add the untied weights after the adapter",
            )

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        super().check_call(x, env)
        if self.mask_zero and env.keras >= (3, 14):
            # Since 3.14 the mask is computed in call, so also inside a TimeDistributed.
            require_indices(x)

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        weights = super().own_weights(x, env)
        if self.tie_weights:
            return weights
        back = WeightSpec("reverse_embeddings", (self.output_dim, self.input_dim), self.variable_dtype(env))
        return [*weights, back]

    def initialized_variables(self, x: TensorSpec, env: InferenceContext) -> Iterator[tuple[str, tuple[int, ...], str]]:
        for weight in self.own_weights(x, env):
            if not weight.name.startswith("lora"):
                yield "embeddings_initializer", weight.shape, weight.dtype


def require_indices(x: TensorSpec) -> None:
    """Raises a `Violation` for text, which cannot be looked up."""
    if x.dtype == "string":
        raise Violation(
            "wrong-dtype",
            "looks up integer indices, but the input is text (dtype string)",
            anchor="layer",
            label="needs integer indices",
            help=fmt(
                "put {} or {} before it",
                Value({"type": "TextVectorization", ...: ...}),
                Value({"type": "StringLookup", ...: ...}),
            ),
        )
