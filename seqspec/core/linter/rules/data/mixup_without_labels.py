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
    -  { type = "MixUp", alpha = 0.2 },
    +  { type = "RandomFlip", mode = "horizontal" },

Confidence: high. The target of an autoencoder is the unmodified input, so it learns to unmix; this is not reported.

References:
    Zhang et al., mixup: Beyond empirical risk minimization, 2018
    keras.layers.MixUp: labels are mixed where images and labels come in one dict
"""

from seqspec.core.analysis.layers.arguments import augmentation_layers
from seqspec.core.linter.rules import Facts, Findings, TreeFix, at_layer, finding, remove, rule


@rule("SEQ634", "warning", graphs="each", layers="mixes_labels")
def check(facts: Facts) -> Findings:
    if facts.target is not None and facts.target.kind == "reconstruction":
        return
    for _, entry in augmentation_layers(facts.flat_layers):
        if "mixes_labels" in entry.traits:
            yield finding(
                "blends images but not their labels: in a Sequential model it only receives the images",
                **at_layer(entry),
                help="apply it to images and labels in the input pipeline, and remove the layer",
                fix=TreeFix("remove the layer", (remove(entry.path),)),
            )
