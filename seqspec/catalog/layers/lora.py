"""Low-rank adaptation and quantization, as far as a spec holds them."""

from typing import Annotated, Any

from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.layer import Layer
from seqspec.catalog.markers import NEUTRAL
from seqspec.catalog.types import Maybe, NeutralNumber, NonNegativeInt, read_by
from seqspec.diagnostics.snippet import Help, TableName
from seqspec.diagnostics.violation import Violation


def not_in_specs(reason: str, help: str | Help) -> object:
    """The type of an argument that holds what only a program can make: a spec may say `"none"`, the default."""

    def read(value: object) -> None:
        if value is not None and value != "none":
            raise Violation("bad-value", f"cannot be set in a spec: {reason}", help=help, recovered_value=None)

    return Annotated[None, *read_by(read, 'omitted, or "none"', NotInSpecs(), NEUTRAL)]


class NotInSpecs:
    """Marks an argument that no spec can return."""


Quantization: Any = not_in_specs(
    "it contains quantizer objects and only matters when trained weights are quantized",
    Help("remove it, and quantize the trained model with the table ", TableName(("quantize",))),
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
