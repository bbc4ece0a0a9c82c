"""Hinge loss on an output that is never negative.

What it does: Detects a hinge loss on an output that cannot be negative, such as sigmoid or softmax.

Why is this bad? Hinge losses expect scores below -1 for the negative class and above 1 for the positive class; Keras
converts 0/1 labels to -1/1. An output in [0, 1] never satisfies the margin, so the loss never reaches 0 and outputs
saturate.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    loss = "hinge"

Use instead:
    -  { type = "Dense", units = 1, activation = "sigmoid" },
    +  { type = "Dense", units = 1, activation = "tanh" },

Confidence: high.

References:
    keras.losses.Hinge, keras.losses.SquaredHinge
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, at_layer, finding, fix_setting, fmt, rule


@rule("SEQ314", "warning", graphs="head", losses="hinge")
def check(facts: Facts) -> Findings:
    head, objective = facts.output.head, facts.output.objective
    if head is None or objective is None or "hinge" not in objective.traits or head.constant:
        return
    if head.low < -0.5:
        return
    yield finding(
        fmt(
            "{} expects scores below -1 and above 1, but {} outputs values {}",
            objective.name,
            head.activation,
            head.span,
        ),
        **at_layer(head.entry, "activation"),
        label="never below 0" if head.low >= 0 else None,
        related=[(objective.path, "expects a margin around 0")],
        help=fmt('set {} or "linear", or use a cross-entropy loss', Setting("activation", "tanh")),
        fix=fix_setting("tanh", head.path) if head.simple and head.written else None,
        alternative=fix_setting("linear", head.path) if head.simple and head.written else None,
    )
