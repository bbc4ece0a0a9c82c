"""MixUp or CutMix without mixing the labels.

What it does: finds MixUp and CutMix as layers of the model.

Why it hurts: they blend two images, and the labels must be blended alike. In a stack they get the images alone: the
labels stay what they were, and a picture that is mostly a dog is still called a cat. Keras says nothing.

Example:
    seqspec = 1

    [model]
    input = [64, 64, 3]
    layers = [
      { type = "Rescaling", scale = "1/255" },
      { type = "MixUp", alpha = 0.2 },
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
      { type = "RandomFlip", mode = "horizontal" },
      { type = "Conv2D", filters = 32, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Confidence: high. The labels of an autoencoder are its input before any layer, so it learns to unmix; nothing is said
there.

References:
    Zhang et al., mixup: Beyond empirical risk minimization, 2018
    keras.layers.MixUp: labels are mixed where images and labels come in one dict
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.augmentation import augmentation_layers
from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, remove
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    if facts.target is not None and facts.target.kind == "reconstruction":
        return
    for _, entry in augmentation_layers(facts.flat_layers):
        if entry.type in ("MixUp", "CutMix"):
            yield Violation(
                RULE.name,
                "blends images of different classes, but no labels: in a stack it gets the images alone",
                path=entry.path,
                anchor="layer",
                help="blend images and labels while the data is prepared, and take the layer out",
                fix=TreeFix("take the layer out", (remove(entry.path),)),
            )


RULE = Rule(
    code="SEQ634",
    name="mixup-without-labels",
    severity="warning",
    requires=Requires(layers=("MixUp", "CutMix")),
    check=check,
    docs=__doc__,
)
