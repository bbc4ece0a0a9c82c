"""Accuracy metric on a regression model.

What it does: Detects accuracy and other metrics that count correct classes on a model that predicts continuous values.

Why is this bad? Accuracy checks whether a prediction is on the correct side of 0.5. For prices or temperatures it is 0
or meaningless, and does not measure how close the predictions are.

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

Use instead:
    -metrics = ["accuracy"]
    +metrics = ["mae"]

Confidence: high without [target]; certain where [target] declares regression labels.

References:
    keras.metrics.BinaryAccuracy
    TheDeepChecker 62566558; deepmufl 48976413, 60801900
"""

from seqspec.core.analysis.training.losses_and_metrics import COUNTING
from seqspec.core.linter.rules import Facts, Findings, Requires, finding, fix_setting, fmt, rule


@rule(
    "SEQ343",
    "warning",
    graphs="head",
    any_of=(
        Requires(losses=("regression",), arguments=("metrics", "weighted_metrics")),
        Requires(targets=("regression", "reconstruction"), arguments=("metrics", "weighted_metrics")),
    ),
)
def check(facts: Facts) -> Findings:
    objective, labels, head = facts.output.objective, facts.output.labels, facts.output.head
    if objective is None or (labels is not None and labels.classes):
        return
    if labels is None and ("regression" not in objective.traits or head is None or head.high <= 1):
        return
    for result in facts.output.metric_results:
        counting = not result.traits.isdisjoint(COUNTING) or result.metric in ("AUC", "")
        if not counting or result.step.refused or result.constant or result.step.broadcasts:
            continue
        measure = result.measure
        # Labels that are scores can be compared with the outputs by their argmax.
        if "accuracy" in result.traits and measure.metric not in ("", "BinaryAccuracy") and result.outputs[-1:] != (1,):
            continue
        yield finding(
            fmt("{} counts correct classes, but the model predicts continuous values", measure.name),
            path=measure.path,
            label="meaningless for regression",
            related=[(objective.path, "regression loss")]
            if labels is None
            else [(("target", "kind"), "labels are continuous values")],
            help='use "mae"' if objective.loss != "MeanAbsoluteError" else 'use "r2_score"',
            fix=fix_setting("mae", measure.path),
        )
