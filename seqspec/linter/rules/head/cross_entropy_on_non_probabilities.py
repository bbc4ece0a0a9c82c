"""Cross-entropy on an output whose activation does not output probabilities.

What it does: finds a cross-entropy, not told of logits, on an output that is bounded otherwise than a probability:
relu, tanh, elu, log_softmax and others.

Why it hurts: The loss takes the logarithm of what it gets. A relu gives exactly 0 for half of all samples at the start,
where the loss is cut off without a gradient, or NaN when all classes are 0; what is above 1 is cut off as well.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "relu" },
    ]

    [compile]
    loss = "categorical_crossentropy"

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [compile]
    loss = "categorical_crossentropy"

Confidence: certain for a range that leaves 0 to 1.

References:
    keras.losses.CategoricalCrossentropy, keras.losses.BinaryCrossentropy
    AUTOTRAINER "improper activation" (Zhang et al., 2021); NeuraLint f012, f015
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.objective import BINARY, CROSS_ENTROPIES, EXCLUSIVE
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    head, objective = facts.head, facts.objective
    if head is None or objective is None or objective.from_logits or head.activation in ("linear", "leaky_relu"):
        return
    loss = objective.loss
    if (
        (loss and loss not in CROSS_ENTROPIES)
        or (head.low >= 0 and head.high <= 1)
        or (loss in EXCLUSIVE and head.units == 1)
    ):
        return
    wanted = "sigmoid" if loss in BINARY else "softmax"
    fix = TreeFix(f"use {wanted}", (set_value(head.path, wanted),)) if head.simple and head.written else None
    yield Violation(
        RULE.name,
        f"{objective.word} takes probabilities, but {head.activation} gives values {head.span}",
        path=head.path,
        anchor=head.anchor,
        label="no probability",
        related=[(objective.path, "takes its logarithm")],
        help=f'write activation = "{wanted}"' if head.simple else f"put {wanted} in its place",
        fix=fix,
    )


RULE = Rule(
    code="SEQ304",
    name="cross-entropy-on-non-probabilities",
    severity="error",
    requires=Requires(losses=CROSS_ENTROPIES),
    check=check,
    docs=__doc__,
)
