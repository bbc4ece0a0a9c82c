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

from seqspec.core.analysis.facts import Facts
from seqspec.core.diagnostics.message import Message
from seqspec.core.diagnostics.snippet import Help, Setting
from seqspec.core.diagnostics.tree_fix import assign
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    head, objective = facts.head, facts.objective
    if head is None or objective is None or objective.loss != "Poisson" or head.low >= 0:
        return
    yield Violation(
        RULE.name,
        Message("poisson is NaN for negative predictions, and ", head.activation, " outputs values ", head.span),
        path=head.path,
        anchor=head.anchor,
        label="can be negative",
        related=[(objective.path, "computes the logarithm")],
        help=Help("set ", Setting("activation", "softplus"), ' or "exponential"'),
        fix=assign("softplus", (*head.entry.path, "activation")) if head.simple else None,
    )


RULE = Rule(
    code="SEQ315",
    name="poisson-with-negative-output",
    severity="error",
    requires=Requires(losses=("Poisson",)),
    check=check,
    docs=__doc__,
)
