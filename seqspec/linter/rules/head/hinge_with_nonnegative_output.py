"""Hinge loss on an output that is never negative.

What it does: finds a hinge loss on an output that cannot go below 0, such as sigmoid or softmax.

Why it hurts: A hinge loss wants a score below -1 for no and above 1 for yes; Keras makes -1 of a label 0. An output
from 0 to 1 never reaches either side, so the loss never comes to 0 and everything is pushed to the bounds.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    loss = "hinge"

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "tanh" },
    ]

    [compile]
    loss = "hinge"

Confidence: high.

References:
    keras.losses.Hinge, keras.losses.SquaredHinge
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.objective import HINGES
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    head, objective = facts.head, facts.objective
    if head is None or objective is None or objective.loss not in HINGES or head.constant:
        return
    if head.low < -0.5:
        return
    yield Violation(
        RULE.name,
        f"{objective.word} wants scores below -1 and above 1, but {head.activation} gives values {head.span}",
        path=head.path,
        anchor=head.anchor,
        label="never below 0" if head.low >= 0 else None,
        related=[(objective.path, "wants a margin around 0")],
        help='write activation = "tanh" or "linear", or a cross-entropy as the loss',
        fix=TreeFix("use tanh", (set_value(head.path, "tanh"),)) if head.simple and head.written else None,
    )


RULE = Rule(
    code="SEQ314",
    name="hinge-with-nonnegative-output",
    severity="warning",
    requires=Requires(losses=HINGES),
    check=check,
    docs=__doc__,
)
