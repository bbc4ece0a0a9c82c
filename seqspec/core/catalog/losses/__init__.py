"""The classes and functions of `keras.losses`."""

from seqspec.core.catalog.objects import ClassIndex, NameIndex, named
from seqspec.core.diagnostics.message import OWN_CLASS, fmt
from seqspec.core.language.keys import snake_case

CLASSES = ClassIndex(
    __name__,
    {
        "crossentropy": "BinaryCrossentropy CategoricalCrossentropy SparseCategoricalCrossentropy",
        "weighted_crossentropy": (
            "BinaryFocalCrossentropy CategoricalFocalCrossentropy CategoricalGeneralizedCrossEntropy"
        ),
        "regression": (
            "MeanSquaredError MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredLogarithmicError "
            "CosineSimilarity Huber LogCosh"
        ),
        "hinge": "Hinge SquaredHinge CategoricalHinge",
        "probabilistic": "KLDivergence Poisson CTC",
        "similarity": "Dice Tversky Circle",
    },
)
"""The losses by their class."""

TYPED = NameIndex(CLASSES, {"CategoricalGeneralizedCrossEntropy": "CategoricalGeneralizedCrossEntropy"})
"""A loss that Keras does not read by its bare name."""

FUNCTIONS: dict[str, str] = dict(sorted((snake_case(name), name) for name in CLASSES if name not in TYPED))
"""The functions of `keras.losses`, with their classes."""

ALIASES = {
    "bce": "BinaryCrossentropy",
    "kld": "KLDivergence",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "mse": "MeanSquaredError",
    "msle": "MeanSquaredLogarithmicError",
}

NAMES = NameIndex(
    CLASSES,
    {
        **FUNCTIONS,
        **ALIASES,
        **{alias.upper(): loss for alias, loss in ALIASES.items()},
        **{loss: loss for loss in FUNCTIONS.values()},
        # Cross-entropy after the shapes of labels and predictions.
        "crossentropy": None,
        "ce": None,
    },
    named,
)
"""Every name that `Model.compile` reads as a loss."""

_BASE = ("is a base class and carries code", fmt("name a loss of Keras, or {}", OWN_CLASS))
REFUSED: dict[str, tuple[str, str]] = {"Loss": _BASE, "LossFunctionWrapper": _BASE}
"""The classes that a document cannot hold: why, and what to do instead."""
