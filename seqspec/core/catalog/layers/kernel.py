"""The arguments that layers with a kernel share, and those for low-rank adaptation and quantization."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from seqspec.core.catalog.keras_object import KerasObject, conflict
from seqspec.core.catalog.layer import InferenceContext
from seqspec.core.catalog.markers import NEUTRAL, Since
from seqspec.core.catalog.objects import Constraint, Initializer, Regularizer
from seqspec.core.catalog.types import Maybe, NeutralNumber, NonNegativeInt, read_by
from seqspec.core.diagnostics.message import QUANTIZING, Message, SpecOrProgram, fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import WeightSpec


def not_in_specs(reason: str, help: str) -> object:
    """The type of an argument whose values only a program can create; a spec may only set the default `"none"`."""

    def read(value: object) -> None:
        if value is not None and value != "none":
            raise Violation(
                "bad-value",
                Message(
                    SpecOrProgram(
                        fmt("cannot be set in a spec: {}", reason), f"cannot be set to a plain value: {reason}"
                    )
                ),
                help=help,
                recovered_value=None,
            )

    return Annotated[None, *read_by(read, 'omitted, or "none"', NotInSpecs(), NEUTRAL)]


class NotInSpecs:
    """Marks an argument that a spec cannot set."""


Quantization: Any = not_in_specs(
    "it contains quantizer objects and only matters when trained weights are quantized",
    fmt("remove it, and quantize the trained model with {}", QUANTIZING),
)


class KernelArguments(KerasObject):
    """How a kernel and its bias are initialized, penalized and constrained."""

    kernel_initializer: Maybe[Initializer] = Field(default="glorot_uniform", description="Initializer for the kernel.")
    bias_initializer: Maybe[Initializer] = Field(default="zeros", description="Initializer for the bias.")
    kernel_regularizer: Maybe[Regularizer] = Field(default=None, description="Regularizer for the kernel.")
    bias_regularizer: Maybe[Regularizer] = Field(default=None, description="Regularizer for the bias.")
    kernel_constraint: Maybe[Constraint] = Field(default=None, description="Constraint for the kernel.")
    bias_constraint: Maybe[Constraint] = Field(default=None, description="Constraint for the bias.")


class LoraArguments(KerasObject):
    """A low-rank adapter of a kernel."""

    # Keras surprise: a rank of 0 is accepted and means no adapter.
    lora_rank: Maybe[NonNegativeInt] = Field(default=None, description="Rank of the LoRA adapter.")
    lora_alpha: Maybe[NeutralNumber] = Field(default=None, description="Scaling factor of the LoRA adapter.")

    def adapter_weights(self, name: str, shape: Sequence[int], dtype: str, env: InferenceContext) -> list[WeightSpec]:
        """The two weights beside the adapted one of this name, shape and dtype, if there is an adapter."""
        if not self.lora_rank:
            return []
        adapter = "float32" if env.keras >= (3, 15) else dtype
        return [
            WeightSpec(f"lora_{name}_a", (*shape[:-1], self.lora_rank), adapter),
            WeightSpec(f"lora_{name}_b", (self.lora_rank, shape[-1]), adapter),
        ]


class QuantizableArguments(LoraArguments):
    """A low-rank adapter of a weight, and its quantization."""

    adapted: ClassVar[str] = "kernel"
    """The weight that is adapted."""

    quantization_config: Annotated[Quantization, Since("3.13")] = Field(
        default=None, description="Cannot be set in a spec."
    )

    def check_arguments(self) -> None:
        constraint = f"{self.adapted}_constraint"
        if self.lora_rank and getattr(self, constraint) is not None:
            raise conflict(
                "lora_rank",
                f"lora_rank cannot be combined with {constraint}",
                label=f"not with {constraint}",
                help=f"remove {constraint}, or lora_rank",
            )
