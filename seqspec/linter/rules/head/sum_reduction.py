"""Loss with a reduction that makes it grow with the batch size.

What it does: finds a loss whose samples are summed, or not reduced at all, instead of averaged.

Why it hurts: The gradient then grows with the batch size: with 32 samples every step is 32 times as large as the
learning rate says, and another batch size is another training.

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

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [compile]
    loss = { type = "CategoricalCrossentropy" }

Confidence: high. Programs for several devices sum on purpose and scale the result.

References:
    keras.losses.Loss, argument reduction
    TheDeepChecker 43611745, 41954308, 51146597, 43027109
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    objective = facts.objective
    if objective is None:
        return
    reduction = objective.argument("reduction", "sum_over_batch_size")
    if reduction not in ("sum", "none", None) or objective.loss in ("Dice", "Tversky"):
        return
    place = objective.place("reduction")
    yield Violation(
        RULE.name,
        "the losses of a batch are summed, so every step grows with the batch size",
        path=place,
        label="not averaged",
        help='write reduction = "sum_over_batch_size", which is the default and averages',
        fix=TreeFix("average", (set_value(place, "sum_over_batch_size"),)) if place != objective.path else None,
    )


RULE = Rule(
    code="SEQ317",
    name="sum-reduction",
    severity="warning",
    requires=Requires(arguments=("reduction",)),
    check=check,
    docs=__doc__,
)
