"""Loss with a reduction that makes it grow with the batch size.

What it does: Detects a loss with reduction "sum" or "none" instead of the mean over the batch.

Why is this bad? The gradient grows with the batch size: with 32 samples every update is 32 times as large as the
learning rate suggests, and changing the batch size changes the training.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [compile]
    loss = { type = "CategoricalCrossentropy", reduction = "sum" }

Use instead:
    -loss = { type = "CategoricalCrossentropy", reduction = "sum" }
    +loss = { type = "CategoricalCrossentropy" }

Confidence: high. Distributed training code sums on purpose and rescales the result.

References:
    keras.losses.Loss, argument reduction
    TheDeepChecker 43611745, 41954308, 51146597, 43027109
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, finding, fix_setting, fmt, rule


@rule("SEQ317", "warning", graphs="all", arguments="reduction")
def check(facts: Facts) -> Findings:
    objective = facts.output.objective
    if objective is None:
        return
    reduction = objective.argument("reduction", "sum_over_batch_size")
    if reduction not in ("sum", "none", None) or "overlap" in objective.traits:
        return
    reduction_path = objective.path_of("reduction")
    yield finding(
        "the losses of a batch are summed, so every update grows with the batch size",
        path=reduction_path,
        label="not averaged",
        help=fmt("set {}, which is the default and averages", Setting("reduction", "sum_over_batch_size")),
        fix=fix_setting("sum_over_batch_size", reduction_path) if reduction_path != objective.path else None,
    )
