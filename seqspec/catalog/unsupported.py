"""The classes of `keras.layers` that a Sequential model written as data cannot hold, each with the way out."""

from seqspec.diagnostics.snippet import Help, Setting, TableName
from seqspec.diagnostics.violation import Violation

_SEVERAL = "needs several inputs; a Sequential model passes one tensor"
_CODE = "contains Python code and cannot be declared in a spec"

REFUSED: dict[str, tuple[str, str | Help]] = {
    **dict.fromkeys(
        "AdditiveAttention Attention GroupQueryAttention MultiHeadAttention".split(),
        (
            _SEVERAL,
            Help(
                "write a custom layer that calls it on its single input, and declare it under ", TableName(("custom",))
            ),
        ),
    ),
    "HashedCrossing": (_SEVERAL, "cross the features in the data pipeline, or write a [custom] layer"),
    "Lambda": (
        _CODE,
        Help(
            "use a Keras layer such as Rescaling or Activation, or declare a custom class under ",
            TableName(("custom",)),
        ),
    ),
    **dict.fromkeys(
        "TFSMLayer TorchModuleWrapper JaxLayer FlaxLayer".split(),
        (_CODE, Help("wrap it in a custom layer and declare it under ", TableName(("custom",)))),
    ),
    "MaxNumBoundingBoxes": ("works on bounding boxes, not on one tensor", "do it in the data pipeline"),
    "Layer": (
        "is the base class of layers",
        Help("use a concrete layer, or declare a custom class under ", TableName(("custom",))),
    ),
    "Wrapper": ("is the base class of wrappers", "use TimeDistributed, Bidirectional or SpectralNormalization"),
    **dict.fromkeys(
        ("Input", "InputLayer"),
        (
            "is the model's input, not an entry of layers",
            Help("write ", Setting("input", [...]), " in ", TableName(("model",))),
        ),
    ),
    "InputSpec": ("is not a layer", Help("write ", Setting("input", [...]), " in ", TableName(("model",)))),
}
"""Name → why it is refused, and what to do instead."""


def refusal(name: str) -> Violation | None:
    """The problem for a class that Keras has and a document cannot hold."""
    entry = REFUSED.get(name)
    if entry is None:
        return None
    return Violation("unsupported-layer", f"{name} {entry[0]}", help=entry[1])
