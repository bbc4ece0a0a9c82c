"""Poisson loss on an output that can be negative.

What it does: Detects the poisson loss on an output that can be negative.

Why is this bad? The loss takes the logarithm of the prediction, which is undefined for negative values: the loss and
then all weights become NaN.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [compile]
    loss = "poisson"

Use instead:
    -  { type = "Dense", units = 1 },
    +  { type = "Dense", units = 1, activation = "softplus" },

Confidence: certain.

References:
    keras.losses.Poisson
"""

from seqspec.core.analysis.head_fixes import activation_fix
from seqspec.core.linter.rules import Facts, Findings, Setting, at_layer, finding, fmt, rule


@rule("SEQ315", "error", graphs="head", losses="Poisson")
def check(facts: Facts) -> Findings:
    head, objective = facts.output.head, facts.output.objective
    if head is None or objective is None or objective.loss != "Poisson" or head.low >= 0:
        return
    yield finding(
        fmt("poisson is NaN for negative predictions, and {} outputs values {}", head.activation, head.span),
        **at_layer(head.entry, "activation"),
        label="can be negative",
        related=[(objective.path, "computes the logarithm")],
        help=fmt('set {} or "exponential"', Setting("activation", "softplus")),
        fix=activation_fix(facts, "softplus"),
        alternative=activation_fix(facts, "exponential"),
    )
