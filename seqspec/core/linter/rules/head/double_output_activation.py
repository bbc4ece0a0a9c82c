"""Softmax or sigmoid on values that an activation has already bounded.

What it does: Detects a softmax or sigmoid at the end of a model whose input is already bounded by another activation.

Why is this bad? A second softmax over values in [0, 1] can hardly separate classes: with 10 classes the largest output
is at most 0.23. The sigmoid of a sigmoid is never below 0.5. After relu no class can be ruled out.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
      { type = "Activation", activation = "softmax" },
    ]

    [compile]
    loss = "categorical_crossentropy"

Use instead:
    -  { type = "Dense", units = 10, activation = "softmax" },
    +  { type = "Dense", units = 10 },

Confidence: certain for softmax or sigmoid applied twice, by arithmetic; high for others.

References:
    keras.layers.Softmax
    NeuraLint f003
"""

from math import inf

from seqspec.core.linter.rules import Facts, Findings, Setting, TreeFix, at_layer, finding, fmt, remove, rule


@rule("SEQ309", "error", graphs="head", activations=("probability", "distribution"))
def check(facts: Facts) -> Findings:
    head = facts.output.head
    if head is None or head.constant or head.simple or head.traits.isdisjoint(("probability", "distribution")):
        return
    first = facts.output.head_before
    if first is None or first.activation == "linear" or (first.low < -2 and first.high == inf):
        return
    squashed = not first.traits.isdisjoint(("probability", "distribution"))
    # Some published networks pool rectified class maps before the softmax.
    if not squashed and first.after:
        return
    yield finding(
        fmt(
            "{} is applied to the output of {}, whose values are already {}",
            head.activation,
            first.activation,
            first.span,
        ),
        **at_layer(head.entry, "activation"),
        label="second activation",
        related=[(first.path, "first activation")],
        help=fmt("remove {} from the previous layer", Setting("activation", first.activation))
        if first.simple and first.written
        else "remove one of the two activations",
        severity="error" if squashed else "warning",
        fix=TreeFix("keep only the last activation", (remove(first.path),)) if first.simple and first.written else None,
    )
