"""KL divergence on outputs that do not sum to 1.

What it does: Detects kl_divergence on an output that is not a probability distribution over several classes.

Why is this bad? The Kullback-Leibler divergence compares two distributions. If outputs do not sum to 1 it is negative
or meaningless, and is minimized by making every output as large as possible.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 6, activation = "sigmoid" },
    ]

    [compile]
    loss = "kl_divergence"

Use instead:
    -  { type = "Dense", units = 6, activation = "sigmoid" },
    +  { type = "Dense", units = 6, activation = "softmax" },

Confidence: high.

References:
    keras.losses.KLDivergence
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, at_layer, finding, fix_setting, fmt, rule


@rule("SEQ316", "warning", graphs="head", losses="KLDivergence")
def check(facts: Facts) -> Findings:
    head, objective = facts.output.head, facts.output.objective
    if head is None or objective is None or objective.loss != "KLDivergence" or "distribution" in head.traits:
        return
    # Sparse autoencoders apply it per unit, to a distribution over the batch.
    yield finding(
        fmt("{} compares distributions, but {} outputs do not sum to 1", objective.name, head.activation),
        **at_layer(head.entry, "activation"),
        label="not a distribution",
        related=[(objective.path, "compares distributions")],
        help=fmt("set {}", Setting("activation", "softmax")) if head.simple else "end the model with a softmax",
        fix=fix_setting("softmax", (*head.entry.path, "activation")) if head.simple and head.units != 1 else None,
    )
