"""Categorical loss on a model with a single output unit.

What it does: finds a cross-entropy over classes on a model that emits a single number a label.

Why it hurts: These losses compare each class with the sum over all classes. Of a single class the part is always 1, so
the loss is exactly 0 from the first step, without a gradient; sparse_categorical_crossentropy refuses every label but 0
besides.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    loss = "categorical_crossentropy"

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    loss = "binary_crossentropy"

Confidence: certain. Keras says so itself, in a warning that training rarely shows.

References:
    keras.losses.CategoricalCrossentropy
    NeuraLint f015, f020 (Nikanjam et al., 2021)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.objective import EXCLUSIVE, SPARSE
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    head, objective = facts.head, facts.objective
    if objective is None or facts.output is None or objective.loss not in EXCLUSIVE or facts.output.sample[-1:] != (1,):
        return
    if objective.argument("axis", -1) != -1:
        return
    labels = facts.labels
    several = labels is not None and labels.classes > 2
    only = "knows only class 0" if objective.loss in SPARSE else "is always 0"
    changes = (set_value(objective.path, "binary_crossentropy"),)
    yield Violation(
        RULE.name,
        f"{objective.word} over one unit {only}, so nothing can be learned",
        path=objective.path,
        label="compares classes",
        related=[((head.entry if head else facts.layers[-1]).path, "emits one number")],
        help="give the last layer a unit for every class, with softmax"
        if several
        else 'write "binary_crossentropy" for yes or no, or give the last layer a unit for every class',
        fix=None if several else TreeFix("use binary_crossentropy", changes),
    )


RULE = Rule(
    code="SEQ302",
    name="categorical-loss-with-one-unit",
    severity="error",
    requires=Requires(losses=EXCLUSIVE),
    check=check,
    docs=__doc__,
)
