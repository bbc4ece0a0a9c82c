"""Softmax or sigmoid on values that an activation has already bounded.

What it does: finds a softmax or sigmoid at the end of a model that goes over numbers which an activation bounded
already.

Why it hurts: A second softmax over numbers from 0 to 1 can hardly tell classes apart: of 10 classes the strongest gets
at most 0.23. A sigmoid of a sigmoid is never below 0.5. After a relu no class can be ruled out.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
      { type = "Activation", activation = "softmax" },
    ]

    [compile]
    loss = "categorical_crossentropy"

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10 },
      { type = "Activation", activation = "softmax" },
    ]

    [compile]
    loss = "categorical_crossentropy"

Confidence: certain for softmax and sigmoid upon each other, by arithmetic; high for others.

References:
    keras.layers.Softmax
    NeuraLint f003
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
    head = facts.head
    if head is None or head.constant or head.simple or head.activation not in SIGMOIDS | DISTRIBUTIONS:
        return
    first = facts.head_before
    if first is None or first.activation == "linear" or (first.low < -2 and first.high == inf):
        return
    squashed = first.activation in SIGMOIDS | DISTRIBUTIONS
    # Published nets pool the rectified maps of their classes before the softmax.
    if not squashed and first.after:
        return
    yield Violation(
        RULE.name,
        f"{head.activation} goes over the values of {first.activation}, which are {first.span} already",
        path=head.path,
        anchor=head.anchor,
        label="the second activation",
        related=[(first.path, "the first one")],
        help=f'remove activation = "{first.activation}" from the layer before'
        if first.simple and first.written
        else "keep one of the two",
        severity="error" if squashed else "warning",
        fix=TreeFix("keep the last activation", (remove(first.path),)) if first.simple and first.written else None,
    )


RULE = Rule(
    code="SEQ309",
    name="double-output-activation",
    severity="error",
    requires=Requires(activations=SIGMOIDS | DISTRIBUTIONS),
    check=check,
    docs=__doc__,
)
