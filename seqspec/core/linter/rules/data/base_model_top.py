"""Layers on top of the base model's own class probabilities.

What it does: Detects a base model with its own classifier (`include_top = true`, the default in Keras) before other
layers with weights.

Why is this bad? Later layers receive the 1000 ImageNet class probabilities, most of them close to 0, instead of image
features.

Example:
    seqspec = 1

    [model]
    input = [224, 224, 3]
    layers = [
      { type = "ResNet50V2", trainable = false },
      { type = "Dense", units = 5, activation = "softmax" },
    ]

Use instead:
    -  { type = "ResNet50V2", trainable = false },
    +  { type = "ResNet50V2", include_top = false, pooling = "avg", trainable = false },

Confidence: high. A custom top (`weights = "none"` with `classes`, or a changed classifier_activation) may be intended
and is not reported.

References:
    keras.applications: include_top
"""

from seqspec.core.analysis.layers.base_models import find_base_models
from seqspec.core.linter.rules import Facts, Findings, Setting, TreeFix, finding, fmt, given_arguments, rule, set_value


@rule("SEQ621", "warning", graphs="each", layers="base_model")
def check(facts: Facts) -> Findings:
    for base in find_base_models(facts.flat_layers):
        model, given = base.model, given_arguments(base.model)
        if not model.include_top or "classifier_activation" in given or ("classes" in given and not base.pretrained):
            continue
        learning = next((entry for entry in base.after if entry.trained_params), None)
        if learning is None:
            continue
        path = base.entry.path
        yield finding(
            fmt(
                "outputs probabilities of its own {} classes instead of features ({})",
                model.classes,
                Setting("include_top", True),
            ),
            path=(*path, "include_top") if "include_top" in given else path,
            anchor="value" if "include_top" in given else "layer",
            related=[(learning.path, "receives the probabilities")],
            help=fmt("set {} and {}", Setting("include_top", False), Setting("pooling", "avg")),
            fix=TreeFix(
                "output features",
                (set_value((*path, "include_top"), False), set_value((*path, "pooling"), "avg")),
            ),
        )
