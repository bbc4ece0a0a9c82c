"""`from_logits = true` on an output that an activation bounds.

What it does: finds a loss with from_logits = true on an output that an activation has bounded, such as relu or tanh.

Why it hurts: Logits are any numbers: far below 0 for what is surely not, far above 0 for what surely is. A relu gives
none below 0, so no class can be ruled out and units that are 0 learn nothing; a tanh bounds how sure the model can ever
be.

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

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [compile]
    loss = { type = "BinaryCrossentropy", from_logits = true }

Confidence: high.

References:
    keras.losses.BinaryCrossentropy, argument from_logits
    TheDeepChecker, StackOverflow program IPS_11
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from seqspec.analysis.facts import Facts
from seqspec.analysis.head import DISTRIBUTIONS, SIGMOIDS
from seqspec.diagnostics.tree_fix import TreeFix, remove
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    head, objective = facts.head, facts.objective
    if head is None or objective is None or not objective.from_logits:
        return
    if head.activation in SIGMOIDS | DISTRIBUTIONS | {"log_softmax"} or (head.low < -2 and head.high == inf):
        return
    yield Violation(
        RULE.name,
        f"the loss takes logits, which may be any number, but {head.activation} gives values {head.span}",
        path=head.path,
        anchor=head.anchor,
        label="bounds the logits",
        related=[(objective.place("from_logits"), "takes logits")],
        help=f'remove activation = "{head.activation}"' if head.simple else "leave this activation away",
        fix=TreeFix("take the activation away", (remove(head.path),)) if head.simple and head.written else None,
    )


RULE = Rule(
    code="SEQ308",
    name="bounded-logits",
    severity="warning",
    requires=Requires(arguments=("from_logits",)),
    check=check,
    docs=__doc__,
)
