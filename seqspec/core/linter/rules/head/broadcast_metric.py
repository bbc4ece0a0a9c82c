"""Metric that broadcasts labels and outputs against each other.

What it does: Detects metrics that broadcast labels against outputs or interpret labels in the wrong encoding.

Why is this bad? Keras computes such a metric silently: categorical_accuracy takes the argmax over a batch of class
indices, and mse compares a class index with every probability. The reported value is meaningless.

Example:
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

    [compile]
    loss = "sparse_categorical_crossentropy"
    metrics = ["categorical_accuracy"]

Use instead:
    -metrics = ["categorical_accuracy"]
    +metrics = ["sparse_categorical_accuracy"]

Confidence: certain with [target]; without it, as certain as the label encoding that the loss implies.

References:
    keras.metrics.CategoricalAccuracy
"""

from seqspec.core.linter.rules import Facts, Findings, finding, fix_setting, fmt, rule, show


@rule("SEQ341", "warning", graphs="head", tables="compile", arguments=("metrics", "weighted_metrics"))
def check(facts: Facts) -> Findings:
    for result in facts.output.metric_results:
        if not result.step.broadcasts or facts.output.tensor is None or result.constant:
            continue
        measure = result.measure
        better = result.better
        yield finding(
            fmt(
                "{} compares outputs of shape {} with {}: it broadcasts one against the other",
                measure.name,
                show(facts.output.tensor.sample),
                result.labels_are,
            ),
            path=measure.path,
            label="compares mismatched values",
            related=[result.origin],
            help=fmt('use "{}"', better) if better else result.advice,
            fix=fix_setting(better, measure.path) if better and not measure.arguments else None,
        )
