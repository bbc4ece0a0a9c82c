"""The classes of `keras.layers` that a Sequential model written as data cannot hold, each with the way out."""

from seqspec.diagnostics.violation import Violation

_SEVERAL = "takes several tensors, and a Sequential model passes one"
_CODE = "carries Python code, and a document holds none"

REFUSED: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        "AdditiveAttention Attention GroupQueryAttention MultiHeadAttention".split(),
        (_SEVERAL, "write a layer class that calls it on its one input, and declare it under [custom]"),
    ),
    "HashedCrossing": (_SEVERAL, "cross the features before the model, or write a [custom] layer"),
    "Lambda": (_CODE, "use a layer of Keras such as Rescaling or Activation, or declare a class under [custom]"),
    **dict.fromkeys(
        "TFSMLayer TorchModuleWrapper JaxLayer FlaxLayer".split(),
        (_CODE, "wrap it in a layer class of your own and declare it under [custom]"),
    ),
    "MaxNumBoundingBoxes": ("works on bounding boxes, not on one tensor", "do it in the data pipeline"),
    "Layer": ("is the base class of layers", "name a layer, or declare a class of your own under [custom]"),
    "Wrapper": ("is the base class of wrappers", "use TimeDistributed, Bidirectional or SpectralNormalization"),
    **dict.fromkeys(("Input", "InputLayer"), ("is the model's input", "write input = [...] in [model]")),
    "InputSpec": ("is no layer", "write input = [...] in [model]"),
}
"""Name → why it is refused, and what to do instead."""


def refusal(name: str) -> Violation | None:
    """The problem for a class that Keras has and a document cannot hold."""
    entry = REFUSED.get(name)
    if entry is None:
        return None
    return Violation("unsupported-layer", f"{name} {entry[0]}", help=entry[1])
