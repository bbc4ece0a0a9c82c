"""Hinge loss on an output that is never negative.

What it does: Detects a hinge loss on an output that cannot be negative, such as sigmoid or softmax.

Why is this bad? Hinge losses expect scores below -1 for the negative class and above 1 for the positive class; Keras
converts 0/1 labels to -1/1. An output in [0, 1] never satisfies the margin, so the loss never reaches 0 and outputs
saturate.

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

Use instead:
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

from seqspec.core.analysis.facts import Facts
from seqspec.core.diagnostics.message import Message
from seqspec.core.diagnostics.snippet import Help, Setting
from seqspec.core.diagnostics.tree_fix import assign
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    head, objective = facts.head, facts.objective
    if head is None or objective is None or "hinge" not in objective.traits or head.constant:
        return
    if head.low < -0.5:
        return
    yield Violation(
        RULE.name,
        Message(
            objective.name,
            " expects scores below -1 and above 1, but ",
            head.activation,
            " outputs values ",
            head.span,
        ),
        path=head.path,
        anchor=head.anchor,
        label="never below 0" if head.low >= 0 else None,
        related=[(objective.path, "expects a margin around 0")],
        help=Help("set ", Setting("activation", "tanh"), ' or "linear", or use a cross-entropy loss'),
        fix=assign("tanh", head.path) if head.simple and head.written else None,
    )


RULE = Rule(
    code="SEQ314",
    name="hinge-with-nonnegative-output",
    severity="warning",
    requires=Requires(losses=("hinge",)),
    check=check,
    docs=__doc__,
)
