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
    seqspec = 1

    [model]
    input = [64]
    layers = [
      { type = "Dense", units = 64, activation = "relu", kernel_regularizer = "l2(1e-4)" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Confidence: high, and harmless: severity is info.

References:
    TheDeepChecker, "missing_regularization" (Ben Braiek and Khomh, 2022)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.core.analysis.facts import Facts
from seqspec.core.analysis.layers.penalties import FACTORED, factors_of, regularizers_of
from seqspec.core.diagnostics.message import Message, Number
from seqspec.core.diagnostics.snippet import Help, Value, Written
from seqspec.core.diagnostics.tree_fix import TreeFix, remove
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    for step in facts.flow:
        for key, penalty in regularizers_of(step.entry.layer).items():
            factor = max(factors_of(penalty))
            if type(penalty).__name__ not in FACTORED or factor >= 1e-8:
                continue
            path = (*step.entry.path, key)
            yield Violation(
                RULE.name,
                Message("a regularization factor of ", Number(factor, "g"), " has no effect"),
                path=path,
                label="has no effect",
                help=Help(Message("remove ", key, ", or use "), Value({"type": "L2", "l2": Written("1e-4")})),
                fix=TreeFix("remove the regularizer", (remove(path),)),
            )


RULE = Rule(
    code="SEQ451",
    name="ineffective-regularizer",
    severity="info",
    requires=Requires(arguments=("regularizer",)),
    check=check,
    docs=__doc__,
)
