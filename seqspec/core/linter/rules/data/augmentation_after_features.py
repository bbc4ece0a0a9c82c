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
       { type = "Rescaling", scale = "1/255" },
    +  { type = "RandomRotation", factor = 0.05 },
       { type = "Conv2D", filters = 32, kernel_size = 3, activation = "relu" },
    -  { type = "RandomRotation", factor = 0.05 },

Confidence: high. RandomErasing, CutMix and MixUp on feature maps are known regularizers and are not reported.

References:
    keras.io, Image augmentation layers: part of the preprocessing
"""

from seqspec.core.analysis.layers.arguments import augmentation_layers
from seqspec.core.linter.rules import Facts, Findings, at_layer, finding, rule

_ON_FEATURES = ("RandomErasing", "CutMix", "MixUp")


@rule("SEQ630", "warning", layers="augmentation")
def check(facts: Facts) -> Findings:
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
            yield finding(
                "augments feature maps instead of images",
                **at_layer(entry),
                related=[(learning.path, "outputs features")],
                help="move it before the first layer with weights",
            )
