"""Augmentation of feature maps instead of images.

What it does: finds layers that change images at random behind a layer with weights.

Why it hurts: they are made for images. Flipping or turning a map of features, or adding brightness to it, makes no
other view of the picture; the same change at the front does, and costs less.

Example:
    seqspec = 1

    [model]
    input = [64, 64, 3]
    layers = [
      { type = "Rescaling", scale = "1/255" },
      { type = "Conv2D", filters = 32, kernel_size = 3, activation = "relu" },
      { type = "RandomRotation", factor = 0.05 },
      { type = "Conv2D", filters = 32, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Instead:
    seqspec = 1

    [model]
    input = [64, 64, 3]
    layers = [
      { type = "Rescaling", scale = "1/255" },
      { type = "RandomRotation", factor = 0.05 },
      { type = "Conv2D", filters = 32, kernel_size = 3, activation = "relu" },
      { type = "Conv2D", filters = 32, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Confidence: high. RandomErasing and CutMix on maps of features are known as regularizers, and nothing is said of them.

References:
    keras.io, Image augmentation layers: part of the preprocessing
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.augmentation import augmentation_layers
from seqspec.analysis.facts import Facts
from seqspec.catalog.index import AUGMENTATION
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_ON_FEATURES = ("RandomErasing", "CutMix", "MixUp")


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    for index, entry in augmentation_layers(facts.flat_layers):
        learning = next((one for one in facts.flat_layers[:index] if one.params and one.type != "Normalization"), None)
        if learning is not None and entry.type not in _ON_FEATURES:
            yield Violation(
                RULE.name,
                "changes the features of a layer with weights, not the images",
                path=entry.path,
                anchor="layer",
                related=[(learning.path, "from here on they are features")],
                help="move it to the front, before the first layer with weights",
            )


RULE = Rule(
    code="SEQ630",
    name="augmentation-after-features",
    severity="warning",
    requires=Requires(layers=AUGMENTATION),
    check=check,
    docs=__doc__,
)
