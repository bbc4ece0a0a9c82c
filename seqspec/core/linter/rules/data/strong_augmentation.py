"""Very strong augmentation.

What it does: Detects very strong augmentation: rotations by 90° or more, translations by half of the image, and
brightness or contrast changes of more than half.

Why is this bad? The training images no longer resemble those at inference. A 6 becomes a 9, the object leaves the
image, and training takes longer for invariances that are not needed.

Example:
    seqspec = 1

    [model]
    input = [64, 64, 3]
    layers = [
      { type = "Rescaling", scale = "1/255" },
      { type = "RandomRotation", factor = 0.5 },
      { type = "Conv2D", filters = 32, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Use instead:
    -  { type = "RandomRotation", factor = 0.5 },
    +  { type = "RandomRotation", factor = 0.05 },

Confidence: severity is info: aerial, microscopy and astronomy images have no canonical orientation, and any rotation is
valid for them.

References:
    TheDeepChecker, Stack Overflow 57275278 and 63003693
"""

from seqspec.core.analysis.layers.arguments import augmentation_layers, strength
from seqspec.core.linter.rules import Facts, Findings, finding, fmt, rule

_MAX_STRENGTH = {
    "RandomRotation": (("factor",), 0.25, "0.05 rotates by up to 18 degrees in either direction"),
    "RandomTranslation": (("height_factor", "width_factor"), 0.5, "0.1 translates by up to 10%"),
    "RandomZoom": (("height_factor", "width_factor"), 0.6, "a typical value is 0.2"),
    "RandomShear": (("x_factor", "y_factor"), 0.5, "a typical value is 0.1"),
    "RandomBrightness": (("factor",), 0.6, "a typical value is 0.2"),
    "RandomContrast": (("factor",), 0.8, "a typical value is 0.2"),
}


@rule("SEQ632", "info", graphs="each", layers="augmentation")
def check(facts: Facts) -> Findings:
    for _, entry in augmentation_layers(facts.flat_layers):
        names, most, usual = _MAX_STRENGTH.get(entry.type, ((), 0.0, ""))
        for name in names:
            value = strength(entry.argument(name))
            if value < most or name not in entry.layer.model_fields_set:
                continue
            degrees = (
                fmt("rotates by up to {:.0f} degrees", min(value, 1) * 360) if entry.type == "RandomRotation" else ""
            )
            yield finding(
                degrees or fmt("{} changes images by up to {:.0%}", name, value),
                path=(*entry.path, name),
                help=usual,
            )
            break
