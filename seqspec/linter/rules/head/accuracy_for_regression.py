"""Accuracy metric on a regression model.

What it does: finds an accuracy, or another metric that counts right and wrong, on a model that predicts real numbers.

Why it hurts: An accuracy asks whether a prediction is on the right side of 0.5. For prices or temperatures that is 0,
or any number that has nothing to do with how near the predictions are.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [compile]
    loss = "mse"
    metrics = ["accuracy"]

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [compile]
    loss = "mse"
    metrics = ["mae"]

Confidence: high without [target]; certain where it says that labels are numbers.

References:
    keras.metrics.BinaryAccuracy
    TheDeepChecker 62566558; deepmufl 48976413, 60801900
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.metrics import ACCURACIES, AT, CONFUSION, F_SCORES
from seqspec.analysis.objective import REGRESSION
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    objective, labels, head = facts.objective, facts.labels, facts.head
    if objective is None or (labels is not None and labels.classes):
        return
    if labels is None and (objective.loss not in REGRESSION or head is None or head.high <= 1):
        return
    for result in facts.metric_results:
        counting = result.metric in ACCURACIES | CONFUSION | F_SCORES | AT or result.metric in ("AUC", "")
        if not counting or result.step.refused or result.constant or result.step.broadcasts:
            continue
        measure = result.measure
        # Which of several scores is the greatest can be compared with labels that are scores.
        if measure.metric in ACCURACIES - {"BinaryAccuracy"} and result.outputs[-1:] != (1,):
            continue
        yield Violation(
            RULE.name,
            f"{measure.word} counts right and wrong classes, but the model predicts numbers",
            path=measure.path,
            label="says nothing here",
            related=[(objective.path, "for numbers")]
            if labels is None
            else [(("target", "kind"), "labels are numbers")],
            help='write "mae"' if objective.loss != "MeanAbsoluteError" else 'write "r2_score"',
            fix=TreeFix("use mae", (set_value(measure.path, "mae"),)),
        )


RULE = Rule(
    code="SEQ343",
    name="accuracy-for-regression",
    severity="warning",
    requires=(
        Requires(losses=REGRESSION, arguments=("metrics", "weighted_metrics")),
        Requires(targets=("regression", "reconstruction"), arguments=("metrics", "weighted_metrics")),
    ),
    check=check,
    docs=__doc__,
)
