"""Cross-entropy on an output whose activation does not output probabilities.

What it does: Detects a cross-entropy without from_logits on an output with an activation whose range is not [0, 1]:
relu, tanh, elu, log_softmax and others.

Why is this bad? The loss takes the logarithm of the prediction. relu outputs exactly 0 for about half of all samples at
the start, where the loss is clipped and has no gradient, or NaN if all classes are 0; values above 1 are clipped as
well.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "relu" },
    ]

    [compile]
    loss = "categorical_crossentropy"

Use instead:
    -  { type = "Dense", units = 10, activation = "relu" },
    +  { type = "Dense", units = 10, activation = "softmax" },

Confidence: certain for an output range outside of [0, 1].

References:
    keras.losses.CategoricalCrossentropy, keras.losses.BinaryCrossentropy
    AUTOTRAINER "improper activation" (Zhang et al., 2021); NeuraLint f012, f015
"""

from seqspec.core.analysis.head_fixes import activation_fix
from seqspec.core.linter.rules import Facts, Findings, Setting, at_layer, finding, fmt, rule


@rule("SEQ304", "error", graphs="head", losses="cross_entropy")
def check(facts: Facts) -> Findings:
    head, objective = facts.output.head, facts.output.objective
    if head is None or objective is None or objective.from_logits or head.activation in ("linear", "leaky_relu"):
        return
    loss = objective.loss
    if (
        (loss and "cross_entropy" not in objective.traits)
        or (head.low >= 0 and head.high <= 1)
        or ("exclusive" in objective.traits and head.units == 1)
    ):
        return
    activation = "sigmoid" if "binary" in objective.traits else "softmax"
    yield finding(
        fmt("{} expects probabilities, but {} outputs values {}", objective.name, head.activation, head.span),
        **at_layer(head.entry, "activation"),
        label="not a probability",
        related=[(objective.path, "computes the logarithm")],
        help=fmt("set {}", Setting("activation", activation)) if head.simple else fmt("replace it with {}", activation),
        fix=activation_fix(facts, activation),
    )
