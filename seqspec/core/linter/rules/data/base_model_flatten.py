"""Base model followed by Flatten and Dense.

What it does: Detects a large Dense layer on the flattened, unpooled feature map of a base model.

Why is this bad? A feature map of 7×7×2048 has 100,000 values, and a Dense layer of 256 units on it has 25 million
weights, more than the whole base model. They are newly initialized and overfit quickly on small datasets.

Example:
    seqspec = 1

    [model]
    input = [224, 224, 3]
    layers = [
      { type = "ResNet50V2", include_top = false, trainable = false },
      "Flatten",
      { type = "Dense", units = 256, activation = "relu" },
      { type = "Dense", units = 5, activation = "softmax" },
    ]

Use instead:
    -  { type = "ResNet50V2", include_top = false, trainable = false },
    -  "Flatten",
    +  { type = "ResNet50V2", include_top = false, pooling = "avg", trainable = false },

Confidence: a warning from 10 million weights, info from 4 million: VGG16 with a Dense layer of 256 units has 6.4
million and is common in tutorials.

References:
    keras.io, Transfer learning and fine-tuning
"""

from seqspec.core.analysis.layers.flatten_dense import find_flatten_dense
from seqspec.core.linter.rules import Facts, Findings, Setting, TreeFix, at_layer, finding, fmt, remove, rule, set_value

_WARNS, _HINTS = 10_000_000, 4_000_000


@rule("SEQ622", "warning", layers="Flatten")
def check(facts: Facts) -> Findings:
    for joint in find_flatten_dense(facts.flat_layers):
        if joint.base is None or joint.weights < _HINTS:
            continue
        pooled = joint.dense.layer.units * joint.channels + joint.dense.layer.units
        yield finding(
            fmt(
                "has {:,} new weights on the flattened output of {}, {:,} with pooling",
                joint.weights,
                joint.base.type,
                pooled,
            ),
            **at_layer(joint.dense),
            severity="warning" if joint.weights >= _WARNS else "info",
            related=[(joint.flatten.path, "flattened here"), (joint.base.path, "not pooled here")],
            help=fmt("set {} in the base model and remove Flatten", Setting("pooling", "avg")),
            fix=TreeFix(
                "pool the base model",
                (set_value((*joint.base.path, "pooling"), "avg"), remove(joint.flatten.path)),
            ),
        )
