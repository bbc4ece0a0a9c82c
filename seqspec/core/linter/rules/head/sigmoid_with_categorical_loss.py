"""Sigmoid output with a loss for mutually exclusive classes.

What it does: Detects a sigmoid output with a cross-entropy for mutually exclusive classes.

Why is this bad? The loss trains a softmax over the classes: if sigmoid is the last operation, Keras even uses the
logits before it. At inference the model outputs sigmoids, which do not sum to 1 and were not trained as such; with a
layer in between, they are divided by their sum instead.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "sigmoid" },
    ]

    [compile]
    loss = "categorical_crossentropy"

Use instead:
    -  { type = "Dense", units = 10, activation = "sigmoid" },
    +  { type = "Dense", units = 10, activation = "softmax" },

Confidence: high. The most likely class may still be correct; the probabilities are not.

References:
    keras.losses.CategoricalCrossentropy
    NeuraLint f020; DeepLocalize 51930566, 55328966
"""

from seqspec.core.analysis.head_fixes import activation_fix
from seqspec.core.linter.rules import Facts, Findings, Setting, at_layer, finding, fix_setting, fmt, rule


@rule("SEQ305", "warning", graphs="head", losses="exclusive", heads="probability")
def check(facts: Facts) -> Findings:
    head, objective = facts.output.head, facts.output.objective
    if head is None or objective is None or "exclusive" not in objective.traits or objective.from_logits:
        return
    if "probability" not in head.traits or head.units == 1:
        return
    several = facts.output.labels is not None and facts.output.labels.kind == "multilabel"
    if several:
        return
    yield finding(
        fmt(
            "{} assumes mutually exclusive classes, but {} treats each class independently",
            objective.name,
            head.activation,
        ),
        **at_layer(head.entry, "activation"),
        label="does not sum to 1",
        related=[(objective.path, "expects one distribution over all classes")],
        help=fmt(
            "set {}; for multi-label targets, {}",
            Setting("activation", "softmax"),
            Setting("loss", "binary_crossentropy"),
        ),
        fix=activation_fix(facts, "softmax"),
        alternative=fix_setting("binary_crossentropy", objective.path) if facts.output.labels is None else None,
    )
