"""Frozen base model with random weights.

What it does: Detects a frozen base model with random weights.

Why is this bad? `weights = "none"` initializes the base model randomly and `trainable = false` keeps it that way. Later
layers learn from random filters instead of pretrained features.

Example:
    seqspec = 1

    [model]
    input = [224, 224, 3]
    layers = [
      { type = "ResNet50V2", include_top = false, weights = "none", pooling = "avg", trainable = false },
      { type = "Dense", units = 5, activation = "softmax" },
    ]

Use instead:
    -  { type = "ResNet50V2", include_top = false, weights = "none", pooling = "avg", trainable = false },
    +  { type = "ResNet50V2", include_top = false, weights = "imagenet", pooling = "avg", trainable = false },

Confidence: high. A program may load its own weights after building; if so, set `weights` to their file or suppress the
finding.

References:
    keras.applications: weights
"""

from seqspec.core.analysis.layers.base_models import find_base_models
from seqspec.core.linter.rules import Facts, Findings, Setting, finding, fix_setting, fmt, rule


@rule("SEQ623", "warning", graphs="each", layers="base_model", depends_on=("trainable", "weights"))
def check(facts: Facts) -> Findings:
    for base in find_base_models(facts.flat_layers):
        if base.pretrained or not base.frozen:
            continue
        path = base.entry.path
        frozen = (*path, "trainable") if "trainable" in base.model.model_fields_set else path[:-2]
        yield finding(
            fmt(
                "has random weights ({}) that are never trained ({})",
                Setting("weights", None),
                Setting("trainable", False),
            ),
            path=(*path, "weights"),
            related=[(frozen, "frozen here")] if frozen[-1] == "trainable" else [],
            help=fmt(
                "set {} or the path of a weights file, or train the base model too", Setting("weights", "imagenet")
            ),
            fix=fix_setting("imagenet", (*path, "weights")),
        )
