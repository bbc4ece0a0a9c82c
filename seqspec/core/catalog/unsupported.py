"""The unsupported classes of `keras.layers`, with alternatives."""

from seqspec.core.diagnostics.message import OWN_CLASS, InputShape, SpecOrProgram, TableName, fmt
from seqspec.core.diagnostics.violation import Violation

_SEVERAL = "needs several inputs; a Sequential model passes one tensor"
_CODE = "contains Python code and cannot be declared in a spec"

REFUSED: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        "AdditiveAttention Attention GroupQueryAttention MultiHeadAttention".split(),
        (
            _SEVERAL,
            fmt(
                "write a custom layer that calls it on its single input{}",
                SpecOrProgram(fmt(", and declare it under {}", TableName(("custom",)))),
            ),
        ),
    ),
    "HashedCrossing": (_SEVERAL, "cross the features in the data pipeline, or write a custom layer"),
    "Lambda": (_CODE, fmt("use a Keras layer such as Rescaling or Activation, or {}", OWN_CLASS)),
    **dict.fromkeys(
        "TFSMLayer TorchModuleWrapper JaxLayer FlaxLayer".split(),
        (
            _CODE,
            fmt("wrap it in a custom layer{}", SpecOrProgram(fmt(" and declare it under {}", TableName(("custom",))))),
        ),
    ),
    "MaxNumBoundingBoxes": ("works on bounding boxes, not on one tensor", "do it in the data pipeline"),
    "Layer": (
        "is the base class of layers",
        fmt(
            "use a concrete layer, or {}",
            SpecOrProgram(fmt("declare a custom class under {}", TableName(("custom",))), "a subclass"),
        ),
    ),
    "Wrapper": ("is the base class of wrappers", "use TimeDistributed, Bidirectional or SpectralNormalization"),
    **dict.fromkeys(
        ("Input", "InputLayer"),
        (
            "is the model's input, not an entry of layers",
            fmt("write {} in {}", InputShape([...]), TableName(("model",))),
        ),
    ),
    "InputSpec": ("is not a layer", fmt("write {} in {}", InputShape([...]), TableName(("model",)))),
}
"""Name → the reason, and what to do instead."""


def refusal(name: str) -> Violation | None:
    """The violation for an unsupported Keras class."""
    entry = REFUSED.get(name)
    if entry is None:
        return None
    return Violation("unsupported-layer", f"{name} {entry[0]}", help=entry[1])
