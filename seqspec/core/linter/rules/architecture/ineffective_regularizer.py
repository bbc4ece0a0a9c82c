"""Weight penalty that is too small to have an effect.

What it does: Detects regularizers whose factors are all 0 or below 1e-8.

Why is this bad? The penalty is lost in the rounding of the loss, although the spec suggests that the weights are
regularized.

Example:
    seqspec = 1

    [model]
    input = [64]
    layers = [
      { type = "Dense", units = 64, activation = "relu", kernel_regularizer = "l2(1e-12)" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Use instead:
    -  { type = "Dense", units = 64, activation = "relu", kernel_regularizer = "l2(1e-12)" },
    +  { type = "Dense", units = 64, activation = "relu", kernel_regularizer = "l2(1e-4)" },

Confidence: high, and harmless: severity is info.

References:
    TheDeepChecker, "missing_regularization" (Ben Braiek and Khomh, 2022)
"""

from seqspec.core.analysis.layers.arguments import FACTORED, factors_of, regularizers_of
from seqspec.core.linter.rules import Facts, Findings, TreeFix, Value, Verbatim, finding, fmt, remove, rule


@rule("SEQ451", "info", graphs="each", arguments="regularizer")
def check(facts: Facts) -> Findings:
    for step in facts.stack.flow:
        for key, penalty in regularizers_of(step.entry.layer).items():
            factor = max(factors_of(penalty))
            if type(penalty).__name__ not in FACTORED or factor >= 1e-8:
                continue
            path = (*step.entry.path, key)
            yield finding(
                fmt("a regularization factor of {:g} has no effect", factor),
                path=path,
                label="has no effect",
                help=fmt("remove {}, or use {}", key, Value({"type": "L2", "l2": Verbatim("1e-4")})),
                fix=TreeFix("remove the regularizer", (remove(path),)),
            )
