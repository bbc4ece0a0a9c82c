"""MixUp or CutMix without mixing the labels.

What it does: Detects MixUp and CutMix as layers of the model.

Why is this bad? They blend two images, and the labels must be blended accordingly. In a Sequential model they only
receive the images: the labels stay unchanged, and an image that mostly shows a dog keeps the label cat. Keras does not
warn about it.

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

Use instead:
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

Confidence: high. The target of an autoencoder is the unmodified input, so it learns to unmix; this is not reported.

References:
    Zhang et al., mixup: Beyond empirical risk minimization, 2018
    keras.layers.MixUp: labels are mixed where images and labels come in one dict
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.core.analysis.facts import Facts
from seqspec.core.analysis.layers.augmentation import augmentation_layers
from seqspec.core.diagnostics.tree_fix import TreeFix, remove
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    if facts.target is not None and facts.target.kind == "reconstruction":
        return
    for _, entry in augmentation_layers(facts.flat_layers):
        if "mixes_labels" in entry.traits:
            yield Violation(
                RULE.name,
                "blends images but not their labels: in a Sequential model it only receives the images",
                path=entry.path,
                anchor="layer",
                help="apply it to images and labels in the input pipeline, and remove the layer",
                fix=TreeFix("remove the layer", (remove(entry.path),)),
            )


RULE = Rule(
    code="SEQ634",
    name="mixup-without-labels",
    severity="warning",
    requires=Requires(layers=("mixes_labels",)),
    check=check,
    docs=__doc__,
)
