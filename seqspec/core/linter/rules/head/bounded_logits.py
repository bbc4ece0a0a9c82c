"""`from_logits = true` on an output with a bounded activation.

What it does: Detects a loss with from_logits = true on an output that is bounded by an activation such as relu or tanh.

Why is this bad? Logits must be unbounded: strongly negative for unlikely classes and strongly positive for likely ones.
relu never outputs negative logits, so no class can be ruled out and units at 0 receive no gradient; tanh limits the
confidence of the model.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "relu" },
    ]

    [compile]
    loss = { type = "BinaryCrossentropy", from_logits = true }

Use instead:
    -  { type = "Dense", units = 1, activation = "relu" },
    +  { type = "Dense", units = 1 },

Confidence: high.

References:
    keras.losses.BinaryCrossentropy, argument from_logits
    TheDeepChecker, Stack Overflow program IPS_11
"""

from math import inf

from seqspec.core.linter.rules import Facts, Findings, Setting, TreeFix, at_layer, finding, fmt, remove, rule


@rule("SEQ308", "warning", graphs="head", arguments="from_logits")
def check(facts: Facts) -> Findings:
    head, objective = facts.output.head, facts.output.objective
    if head is None or objective is None or not objective.from_logits:
        return
    if not head.traits.isdisjoint(("probability", "normalizing")) or (head.low < -2 and head.high == inf):
        return
    yield finding(
        fmt("the loss expects unbounded logits, but {} outputs values {}", head.activation, head.span),
        **at_layer(head.entry, "activation"),
        label="bounds the logits",
        related=[(objective.path_of("from_logits"), "expects logits")],
        help=fmt("remove {}", Setting("activation", head.activation)) if head.simple else "remove this activation",
        fix=TreeFix("remove the activation", (remove(head.path),)) if head.simple and head.written else None,
    )
