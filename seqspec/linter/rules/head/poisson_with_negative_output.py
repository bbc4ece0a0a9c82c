"""Poisson loss on an output that can be negative.

What it does: finds the poisson loss on an output that may be below 0.

Why it hurts: The loss takes the logarithm of the prediction. Of a number below 0 there is none: the loss is NaN in the
first step, and every weight with it.

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

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "softplus" },
    ]

    [compile]
    loss = "poisson"

Confidence: certain.

References:
    keras.losses.Poisson
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    head, objective = facts.head, facts.objective
    if head is None or objective is None or objective.loss != "Poisson" or head.low >= 0:
        return
    yield Violation(
        RULE.name,
        f"poisson makes NaN of values below 0, and {head.activation} gives values {head.span}",
        path=head.path,
        anchor=head.anchor,
        label="may be below 0",
        related=[(objective.path, "takes its logarithm")],
        help='write activation = "softplus" or "exponential"',
        fix=TreeFix("use softplus", (set_value((*head.entry.path, "activation"), "softplus"),))
        if head.simple
        else None,
    )


RULE = Rule(
    code="SEQ315",
    name="poisson-with-negative-output",
    severity="error",
    requires=Requires(losses=("Poisson",)),
    check=check,
    docs=__doc__,
)
