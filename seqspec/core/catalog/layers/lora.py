"""The arguments for low-rank adaptation and quantization in a spec."""

from typing import Annotated, Any

from seqspec.core.catalog.keras_object import conflict
from seqspec.core.catalog.layer import InferenceContext, Layer
from seqspec.core.catalog.markers import NEUTRAL
from seqspec.core.catalog.types import Maybe, NeutralNumber, NonNegativeInt, read_by
from seqspec.core.diagnostics.message import Message
from seqspec.core.diagnostics.snippet import QUANTIZING, Help, SpecOrProgram
from seqspec.core.diagnostics.violation import Violation


def not_in_specs(reason: str, help: str | Help) -> object:
    """The type of an argument whose values only a program can create; a spec may only set the default `"none"`."""

    def read(value: object) -> None:
        if value is not None and value != "none":
            raise Violation(
                "bad-value",
                Message(
                    SpecOrProgram(
                        Help(f"cannot be set in a spec: {reason}"), f"cannot be set to a plain value: {reason}"
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
    Help("remove it, and quantize the trained model with ", QUANTIZING),
)


# Keras surprise: 0 is accepted and equivalent to none.
LoraRank = Maybe[NonNegativeInt]


LoraAlpha = Maybe[NeutralNumber]


def check_lora(layer: Layer, rank: int | None, constraint: str) -> None:
    """Raises a `Violation` for an adapter together with a constraint on the adapted weight."""
    if rank and getattr(layer, constraint) is not None:
        raise conflict(
            "lora_rank",
            f"lora_rank cannot be combined with {constraint}",
            label=f"not with {constraint}",
            help=f"remove {constraint}, or lora_rank",
        )


def lora_dtype(layer: Layer, env: InferenceContext) -> str:
    """The dtype of the adapter weights."""
    return "float32" if env.keras >= (3, 15) else layer.variable_dtype(env)
