"""The classes of `keras.optimizers.schedules`: learning rates that follow the number of steps."""

from seqspec.core.catalog.objects import ClassIndex, NameIndex

CLASSES = ClassIndex(
    __name__,
    {
        "cosine": "CosineDecay CosineDecayRestarts",
        "decay": "ExponentialDecay InverseTimeDecay PiecewiseConstantDecay PolynomialDecay",
    },
)
"""The schedules by their class."""

NAMES = NameIndex(CLASSES, {name: name for name in CLASSES})
"""The schedules; Keras reads none by a bare name."""

REFUSED: dict[str, tuple[str, str]] = {
    "LearningRateSchedule": ("is the base class and does nothing by itself", "name one of its subclasses")
}
"""The classes that a document cannot hold: why, and what to do instead."""
