"""`from_logits = true` on an output with a bounded activation.

What it does: Detects a loss with from_logits = true on an output that is bounded by an activation such as relu or tanh.

Why is this bad? Logits must be unbounded: strongly negative for unlikely classes and strongly positive for likely ones.
relu never outputs negative logits, so no class can be ruled out and units at 0 receive no gradient; tanh limits the
confidence of the model.

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

Use instead:
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
    TheDeepChecker, Stack Overflow program IPS_11
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from seqspec.core.analysis.facts import Facts
from seqspec.core.diagnostics.message import Message
from seqspec.core.diagnostics.snippet import Help, Setting
from seqspec.core.diagnostics.tree_fix import TreeFix, remove
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    head, objective = facts.head, facts.objective
    if head is None or objective is None or not objective.from_logits:
        return
    if not head.traits.isdisjoint(("probability", "normalizing")) or (head.low < -2 and head.high == inf):
        return
    yield Violation(
        RULE.name,
        Message("the loss expects unbounded logits, but ", head.activation, " outputs values ", head.span),
        path=head.path,
        anchor=head.anchor,
        label="bounds the logits",
        related=[(objective.path_of("from_logits"), "expects logits")],
        help=Help("remove ", Setting("activation", head.activation)) if head.simple else "remove this activation",
        fix=TreeFix("remove the activation", (remove(head.path),)) if head.simple and head.written else None,
    )


RULE = Rule(
    code="SEQ308",
    name="bounded-logits",
    severity="warning",
    requires=Requires(arguments=("from_logits",)),
    check=check,
    docs=__doc__,
)
