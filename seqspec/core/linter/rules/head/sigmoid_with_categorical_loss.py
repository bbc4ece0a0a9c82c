"""Sigmoid output with a loss for mutually exclusive classes.

What it does: Detects a sigmoid output with a cross-entropy for mutually exclusive classes.

Why is this bad? The loss trains a softmax over the classes: if sigmoid is the last operation, Keras even uses the
logits before it. At inference the model outputs sigmoids, which do not sum to 1 and were not trained as such; with a
layer in between, they are divided by their sum instead.

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

Use instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [compile]
    loss = "categorical_crossentropy"

Confidence: high. The most likely class may still be correct; the probabilities are not.

References:
    keras.losses.CategoricalCrossentropy
    NeuraLint f020; DeepLocalize 51930566, 55328966
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
    if head is None or objective is None or "exclusive" not in objective.traits or objective.from_logits:
        return
    if "probability" not in head.traits or head.units == 1:
        return
    several = facts.labels is not None and facts.labels.kind == "multilabel"
    if several:
        return
    yield Violation(
        RULE.name,
        Message(
            objective.name,
            " assumes mutually exclusive classes, but ",
            head.activation,
            " treats each class independently",
        ),
        path=head.path,
        anchor=head.anchor,
        label="does not sum to 1",
        related=[(objective.path, "expects one distribution over all classes")],
        help=Help(
            "set ",
            Setting("activation", "softmax"),
            "; for multi-label targets, ",
            Setting("loss", "binary_crossentropy"),
        ),
        fix=assign("softmax", head.path) if head.simple else None,
    )


RULE = Rule(
    code="SEQ305",
    name="sigmoid-with-categorical-loss",
    severity="warning",
    requires=Requires(losses=("exclusive",), heads=("probability",)),
    check=check,
    docs=__doc__,
)
