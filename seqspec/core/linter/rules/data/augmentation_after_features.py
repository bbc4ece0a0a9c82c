"""Augmentation of feature maps instead of images.

What it does: Detects image augmentation layers after a layer with weights.

Why is this bad? Augmentation layers are designed for images. Flipping or rotating a feature map, or changing its
brightness, does not correspond to another view of the image; the same augmentation on the input does, and is cheaper.

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

Use instead:
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

Confidence: high. RandomErasing, CutMix and MixUp on feature maps are known regularizers and are not reported.

References:
    keras.io, Image augmentation layers: part of the preprocessing
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.core.analysis.facts import Facts
from seqspec.core.analysis.layers.augmentation import augmentation_layers
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.linter.rule import Requires, Rule

_ON_FEATURES = ("RandomErasing", "CutMix", "MixUp")


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    for index, entry in augmentation_layers(facts.flat_layers):
        learning = next(
            (
                previous
                for previous in facts.flat_layers[:index]
                if previous.params and previous.type != "Normalization"
            ),
            None,
        )
        if learning is not None and entry.type not in _ON_FEATURES:
            yield Violation(
                RULE.name,
                "augments feature maps instead of images",
                path=entry.path,
                anchor="layer",
                related=[(learning.path, "outputs features")],
                help="move it before the first layer with weights",
            )


RULE = Rule(
    code="SEQ630",
    name="augmentation-after-features",
    severity="warning",
    requires=Requires(layers=("augmentation",)),
    check=check,
    docs=__doc__,
)
