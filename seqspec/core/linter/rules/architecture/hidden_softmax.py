"""Softmax in a hidden layer.

What it does: Detects softmax (or `log_softmax`, `sparsemax`) as the activation of a hidden layer.

Why is this bad? softmax makes the units of a layer compete: their values sum to 1, one of them dominates, and little
information about the others reaches the next layer. With many units all values are tiny, and the gradients are even
smaller.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "softmax" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Use instead:
    -  { type = "Dense", units = 64, activation = "softmax" },
    +  { type = "Dense", units = 64, activation = "relu" },

Confidence: high. Hidden softmax is used on purpose in attention and gating, which need a second path through the model
that a Sequential model does not have.

References:
    keras.activations.softmax
    TheDeepChecker, "wrong_activation" (Ben Braiek and Khomh, 2022)
"""

from seqspec.core.linter.rules import Facts, Findings, finding, fix_setting, fmt, rule


@rule("SEQ403", "warning", graphs="path", activations="normalizing")
def check(facts: Facts) -> Findings:
    flow = facts.stack.flow
    for index in flow.indices_of_trait("normalizing"):
        if index >= flow.last_weights:
            break
        step = flow[index]
        entry = step.entry
        named = "activation" in type(entry.layer).model_fields
        yield finding(
            fmt("{} normalizes hidden units to sum to 1, so a single unit dominates", step.activation),
            path=(*entry.path, "activation") if named else entry.path,
            anchor="value" if named else "layer",
            label="hidden layer",
            help='use "relu"; softmax belongs to the last layer' if named else 'use "ReLU" instead',
            fix=fix_setting("relu", (*entry.path, "activation")) if named else None,
        )
