"""Very strong augmentation.

What it does: finds random changes of images that are very strong: turns by a quarter and more, shifts by half of the
image, brightness and contrast changed by more than half.

Why it hurts: the images of training no longer look like those of use. A 6 becomes a 9, the object leaves the picture,
and the model needs far longer for what it does not need to know.

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

Instead:
    seqspec = 1

    [model]
    input = [64, 64, 3]
    layers = [
      { type = "Rescaling", scale = "1/255" },
      { type = "RandomRotation", factor = 0.05 },
      { type = "Conv2D", filters = 32, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Confidence: a hint: pictures from above, of cells or of stars have no upper side, and any turn is right for them.

References:
    TheDeepChecker, Stack Overflow 57275278 and 63003693
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.augmentation import augmentation_layers, strength
from seqspec.analysis.facts import Facts
from seqspec.catalog.index import AUGMENTATION
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_MOST = {
    "RandomRotation": (("factor",), 0.25, "0.05 turns by up to 18 degrees either way"),
    "RandomTranslation": (("height_factor", "width_factor"), 0.5, "0.1 moves by a tenth"),
    "RandomZoom": (("height_factor", "width_factor"), 0.6, "0.2 is usual"),
    "RandomShear": (("x_factor", "y_factor"), 0.5, "0.1 is usual"),
    "RandomBrightness": (("factor",), 0.6, "0.2 is usual"),
    "RandomContrast": (("factor",), 0.8, "0.2 is usual"),
}


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    for _, entry in augmentation_layers(facts.flat_layers):
        names, most, usual = _MOST.get(entry.type, ((), 0.0, ""))
        for name in names:
            value = strength(getattr(entry.layer, name, None))
            if value < most or name not in entry.layer.model_fields_set:
                continue
            degrees = f"turns by up to {min(value, 1) * 360:.0f} degrees" if entry.type == "RandomRotation" else ""
            yield Violation(
                RULE.name,
                degrees or f"{name} changes images by up to {value:.0%}",
                path=(*entry.path, name),
                help=usual,
            )
            break


RULE = Rule(
    code="SEQ632",
    name="strong-augmentation",
    severity="info",
    requires=Requires(layers=AUGMENTATION),
    check=check,
    docs=__doc__,
)
