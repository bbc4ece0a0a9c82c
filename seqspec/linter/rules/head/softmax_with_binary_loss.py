"""Softmax output with a loss that treats each class independently.

What it does: finds a softmax over several classes under binary_crossentropy or binary_focal_crossentropy.

Why it hurts: Binary cross-entropy asks of each class by itself, yes or no. With a softmax as the last layer Keras even
takes the sigmoid of the numbers before it, so what is trained is not what the model predicts. And "accuracy" counts
single columns, not samples.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [compile]
    loss = "binary_crossentropy"

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

Confidence: high. Published programs train with it, slower and with a wrong accuracy.

References:
    keras.losses.BinaryCrossentropy
    NeuraLint f020; TheDeepChecker 57326611
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.head import DISTRIBUTIONS
from seqspec.analysis.objective import BINARY
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    head, objective = facts.head, facts.objective
    if head is None or objective is None or objective.loss not in BINARY or not head.distribution or head.units == 1:
        return
    labels = facts.labels
    if labels is not None and labels.kind == "multilabel":
        return
    integer = labels is not None and labels.encoding == "integer"
    wanted = f"{'sparse_' if integer else ''}categorical_crossentropy"
    ways = f'write "{wanted}"'
    if not integer and labels is None:
        ways += ' for one-hot labels, "sparse_categorical_crossentropy" for numbers of classes'
    if head.units == 2:
        ways += "; or give the last layer 1 unit with sigmoid"
    yield Violation(
        RULE.name,
        f"{objective.word} takes {head.units} independent probabilities, but softmax makes them share a sum of 1",
        path=objective.path,
        label="asks of each class by itself",
        related=[(head.path, "one distribution over all classes")],
        help=ways,
        severity="error"
        if facts.loss_compatibility is not None and facts.loss_compatibility.step.refused
        else "warning",
        fix=TreeFix(f"use {wanted}", (set_value(objective.path, wanted),)),
    )


RULE = Rule(
    code="SEQ306",
    name="softmax-with-binary-loss",
    severity="warning",
    requires=Requires(losses=BINARY, heads=DISTRIBUTIONS),
    check=check,
    docs=__doc__,
)
