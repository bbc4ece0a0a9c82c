"""Sigmoid output with a loss for mutually exclusive classes.

What it does: finds a sigmoid output under a cross-entropy over classes that exclude each other.

Why it hurts: The loss trains a softmax over the classes: with the sigmoid as the last layer Keras even reads the
numbers before it. What the model then predicts are sigmoids, which do not sum to 1 and were never trained as such; with
a layer in between, they are divided by their sum instead.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "sigmoid" },
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

Confidence: high. The strongest class may still be right; the probabilities are not.

References:
    keras.losses.CategoricalCrossentropy
    NeuraLint f020; DeepLocalize 51930566, 55328966
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.head import SIGMOIDS
from seqspec.analysis.objective import EXCLUSIVE
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    head, objective = facts.head, facts.objective
    if head is None or objective is None or objective.loss not in EXCLUSIVE or objective.from_logits:
        return
    if head.activation not in SIGMOIDS or head.units == 1:
        return
    several = facts.labels is not None and facts.labels.kind == "multilabel"
    if several:
        return
    yield Violation(
        RULE.name,
        f"{objective.word} is for classes that exclude each other, but {head.activation} judges each by itself",
        path=head.path,
        anchor=head.anchor,
        label="does not sum to 1",
        related=[(objective.path, "expects one distribution over all classes")],
        help='write activation = "softmax"; where a sample may be of several classes, loss = "binary_crossentropy"',
        fix=TreeFix("use softmax", (set_value(head.path, "softmax"),)) if head.simple else None,
    )


RULE = Rule(
    code="SEQ305",
    name="sigmoid-with-categorical-loss",
    severity="warning",
    requires=Requires(losses=EXCLUSIVE, heads=SIGMOIDS),
    check=check,
    docs=__doc__,
)
