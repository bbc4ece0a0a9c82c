"""Loss for mutually exclusive classes with multi-label targets.

What it does: finds a softmax, or a loss over classes that exclude each other, where [target] says that a sample may be
of several classes at once.

Why it hurts: A softmax shares a sum of 1 among all classes: with three true ones each gets a third at best, and one
that is sure pushes the others away.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 5, activation = "softmax" },
    ]

    [target]
    kind = "multilabel"
    classes = 5

    [compile]
    loss = "categorical_crossentropy"

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 5, activation = "sigmoid" },
    ]

    [target]
    kind = "multilabel"
    classes = 5

    [compile]
    loss = "binary_crossentropy"

Confidence: certain.

References:
    keras.losses.CategoricalCrossentropy
    DLContract, multi-label head
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.objective import EXCLUSIVE, REGRESSION
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    head, objective, labels = facts.head, facts.objective, facts.labels
    if objective is None or labels is None or labels.kind != "multilabel" or labels.classes < 2:
        return
    softmax = head is not None and head.distribution and not head.constant
    exclusive = objective.loss in EXCLUSIVE
    if not (exclusive or (softmax and objective.loss not in REGRESSION)):
        return
    changes = []
    steps = []
    if exclusive:
        steps.append('loss = "binary_crossentropy"')
        changes.append(set_value(objective.path, "binary_crossentropy"))
    if softmax and head is not None:
        steps.append('activation = "sigmoid" in the last layer')
        changes.append(set_value(head.path, "sigmoid"))
    place = {"path": objective.path} if exclusive or head is None else {"path": head.path, "anchor": head.anchor}
    what = f"{objective.word} is for one class" if exclusive else "softmax is for one class"
    yield Violation(
        RULE.name,
        f"{what} a sample, but labels are of any number of {labels.classes} classes",
        label="one class a sample",
        related=[(("target", "kind"), "several classes at once")],
        help="write " + " and ".join(steps),
        fix=TreeFix("judge each class by itself", tuple(changes)) if head is None or head.simple else None,
        **place,
    )


RULE = Rule(
    code="SEQ320",
    name="categorical-loss-for-multilabel",
    severity="error",
    requires=Requires(tables=("compile",), targets=("multilabel",)),
    check=check,
    docs=__doc__,
)
