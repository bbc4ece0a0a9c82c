"""Softmax output with a regression loss.

What it does: finds a softmax over several numbers under a loss that measures distances, such as mse, and under poisson
where [target] says that labels are numbers.

Why it hurts: The outputs sum to 1, so they cannot be free numbers. Where they are probabilities of classes, a distance
hardly moves a model that is surely wrong: its gradient goes through the flat part of the softmax.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

    [compile]
    loss = "mse"

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 3 },
    ]

    [compile]
    loss = "mse"

Confidence: high; certain where [target] says what labels are. A squared error of probabilities that are labels
themselves is a score of its own (Brier's), and is left alone.

References:
    keras.losses.MeanSquaredError
    NeuraLint f015; TheDeepChecker "wrong loss selection"
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.head import DISTRIBUTIONS
from seqspec.analysis.objective import REGRESSION
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    head, objective, labels = facts.head, facts.objective, facts.labels
    if head is None or objective is None or not head.distribution or head.units == 1:
        return
    if labels is not None and labels.kind == "reconstruction":
        return
    # Of one-hot labels and a softmax poisson is the cross-entropy; of counts it is not.
    counted = objective.loss == "Poisson" and labels is not None and not labels.classes
    if objective.loss not in REGRESSION and not counted:
        return
    about = [(objective.path, "is for counts" if counted else "measures distances")]
    if labels is None or not labels.classes:
        certain = labels is not None and not (labels.bounded and labels.low >= 0 and labels.high <= 1)
        classes = "" if certain else '; for classes, loss = "categorical_crossentropy"'
        outputs = "outputs" if head.units is None else f"{head.units} outputs"
        free, numbers = ("softplus", "counts") if counted else ("linear", "free numbers")
        yield Violation(
            RULE.name,
            f"softmax makes the {outputs} sum to 1, but {objective.word} is for {numbers}",
            path=head.path,
            anchor=head.anchor,
            label="sums to 1",
            related=[*about, *([(("target", "kind"), "labels are real numbers")] if certain else [])],
            help=(f'write activation = "{free}"{classes}' if head.simple else f"leave the softmax away{classes}"),
            severity="error" if certain else "warning",
            fix=TreeFix(f"use {free}", (set_value(head.path, free),)) if head.simple and certain else None,
        )
        return
    wanted = "sparse_categorical_crossentropy" if labels.encoding == "integer" else "categorical_crossentropy"
    if labels.encoding == "multi_hot" or (labels.encoding == "probabilities" and objective.loss == "MeanSquaredError"):
        return
    yield Violation(
        RULE.name,
        f"{objective.word} measures distances, but labels are classes and the model emits their probabilities",
        path=objective.path,
        label="flat where the model is surely wrong",
        related=[(("target", "kind"), "labels are classes")],
        help=f'write "{wanted}"',
        fix=TreeFix(f"use {wanted}", (set_value(objective.path, wanted),)),
    )


RULE = Rule(
    code="SEQ310",
    name="softmax-with-regression-loss",
    severity="warning",
    requires=Requires(losses=REGRESSION | {"Poisson"}, heads=DISTRIBUTIONS),
    check=check,
    docs=__doc__,
)
