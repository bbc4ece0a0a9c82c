"""Independent sigmoid outputs for mutually exclusive classes.

What it does: finds a sigmoid for each class under binary_crossentropy, where each sample is of exactly one class, or
has a probability for each that sum to 1; of these also under a loss that measures distances.

Why it hurts: Each class is judged by itself, so the outputs do not sum to 1 and several classes, or none, may win.
"accuracy" then counts single columns where it is a binary one: with 10 classes a model that never says yes is right in
9 of 10.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "sigmoid" },
    ]

    [target]
    kind = "multiclass"
    classes = 10
    encoding = "one_hot"

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

    [target]
    kind = "multiclass"
    classes = 10
    encoding = "one_hot"

    [compile]
    loss = "categorical_crossentropy"

Confidence: high. It trains, and finds the strongest class; without [target] nothing is said, for then several labels a
sample are as likely.

References:
    keras.losses.BinaryCrossentropy
    deepmufl 58333926, 60508218 (Ghanbari et al., 2023)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.head import SIGMOIDS
from seqspec.analysis.objective import BINARY, REGRESSION
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    head, objective, labels = facts.head, facts.objective, facts.labels
    if head is None or objective is None or labels is None or not labels.exclusive or head.distribution:
        return
    shared = labels.encoding == "probabilities"
    if objective.loss not in BINARY | (REGRESSION if shared else frozenset()):
        return
    if labels.encoding == "integer" or head.units != labels.classes:
        return
    if head.activation not in SIGMOIDS and not objective.from_logits:
        return
    bare = objective.from_logits
    changes = [set_value(objective.path, "categorical_crossentropy")]
    if not bare:
        changes.append(set_value(head.path, "softmax"))
    loss = '{ type = "CategoricalCrossentropy", from_logits = true }' if bare else '"categorical_crossentropy"'
    yield Violation(
        RULE.name,
        f"{objective.word} judges each of {head.units} classes by itself, but "
        + ("their probabilities sum to 1" if shared else "each sample is of exactly one"),
        path=objective.path,
        label="asks of each class by itself",
        related=[(("target", "encoding"), "sum to 1") if shared else (("target", "kind"), "one class a sample")],
        help=f"write loss = {loss}" + ("" if bare else ' and activation = "softmax" in the last layer'),
        fix=TreeFix("use softmax", tuple(changes)) if head.simple and not bare else None,
    )


RULE = Rule(
    code="SEQ321",
    name="sigmoid-for-multiclass",
    severity="warning",
    requires=Requires(losses=BINARY | REGRESSION, arguments=("encoding",)),
    check=check,
    docs=__doc__,
)
