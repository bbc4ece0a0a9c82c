"""Label smoothing that hides or inverts the labels.

What it does: finds a label_smoothing that is not between 0 and 1, or so large that it hides the labels.

Why it hurts: Smoothing moves labels towards a uniform distribution: 0.1 makes 0.91 of a 1 among 10 classes. At 1
nothing is left of the labels, beyond it the right class counts less than the wrong ones, and below 0 the loss has no
least value. Keras takes any number.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [compile]
    loss = { type = "CategoricalCrossentropy", label_smoothing = 1.5 }

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [compile]
    loss = { type = "CategoricalCrossentropy", label_smoothing = 0.1 }

Confidence: certain outside of 0 to 1; from 0.5 it warns.

References:
    keras.losses.CategoricalCrossentropy, argument label_smoothing
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    objective = facts.objective
    if objective is None:
        return
    smoothing = objective.argument("label_smoothing", 0)
    if 0 <= smoothing < 0.5:
        return
    outside = smoothing < 0 or smoothing >= 1
    yield Violation(
        RULE.name,
        f"label_smoothing is a part of 1, got {smoothing:g}"
        if outside
        else f"label_smoothing = {smoothing:g} leaves little of the labels",
        path=objective.place("label_smoothing"),
        label="outside of 0 to 1" if outside else "usual are 0 to 0.2",
        help="write 0.1, or leave it away",
        severity="error" if outside else "warning",
    )


RULE = Rule(
    code="SEQ328",
    name="invalid-label-smoothing",
    severity="error",
    requires=Requires(arguments=("label_smoothing",)),
    check=check,
    docs=__doc__,
)
