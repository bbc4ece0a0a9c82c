"""Metric whose value is constant.

What it does: Detects a metric that reports the same value regardless of what the model has learned.

Why is this bad? The argmax of one output is always 0, so its class is always correct; the top 5 of 4 classes always
contain the correct one; continuous outputs are never exactly equal to a label; and over a single column a correlation
is 0/0.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [compile]
    loss = "categorical_crossentropy"
    metrics = [{ type = "Accuracy" }]

Use instead:
    -metrics = [{ type = "Accuracy" }]
    +metrics = ["accuracy"]

Confidence: certain, by arithmetic; an error for exact equality, which is always 0.

References:
    keras.metrics.Accuracy, keras.metrics.CategoricalAccuracy, keras.metrics.TopKCategoricalAccuracy
"""

from seqspec.core.linter.rules import Facts, Findings, finding, fix_setting, fmt, rule, show


@rule("SEQ342", "warning", graphs="head", tables="compile", arguments=("metrics", "weighted_metrics"))
def check(facts: Facts) -> Findings:
    for result in facts.output.metric_results:
        if not result.constant or result.step.refused:
            continue
        measure = result.measure
        why, help, replacement = result.constant
        yield finding(
            fmt("{} is constant, whatever the model learns: {}", measure.name, why),
            path=measure.path,
            label="constant",
            related=[(facts.output.layers[-1].path, fmt("outputs {}", show(result.outputs)))],
            help=help,
            severity="error" if result.metric == "Accuracy" else "warning",
            fix=fix_setting(replacement, measure.path) if replacement is not None else None,
        )
