"""BinaryAccuracy, which counts each class independently, for one-hot labels.

What it does: Detects binary_accuracy on the outputs of a single-label classifier.

Why is this bad? BinaryAccuracy evaluates every column independently. With 10 classes, a model that always predicts "no"
is correct in 9 of 10 columns and scores 0.9.

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
    metrics = ["binary_accuracy"]

Use instead:
    -metrics = ["binary_accuracy"]
    +metrics = ["categorical_accuracy"]

Confidence: certain for a softmax, and where [target] declares mutually exclusive classes.

References:
    keras.metrics.BinaryAccuracy
    deepmufl 58333926
"""

from seqspec.core.linter.rules import Facts, Findings, finding, fix_setting, fmt, rule


@rule("SEQ345", "warning", graphs="head", metrics="BinaryAccuracy")
def check(facts: Facts) -> Findings:
    head, labels = facts.output.head, facts.output.labels
    if head is None or head.units == 1 or (labels is not None and not labels.exclusive):
        return
    exclusive = labels is not None and labels.encoding == "one_hot"
    if not exclusive and not head.distribution:
        return
    for result in facts.output.metric_results:
        if result.metric != "BinaryAccuracy" or result.step.refused or result.step.broadcasts:
            continue
        yield finding(
            fmt(
                "{} treats each of the {} outputs independently, but each sample has exactly one class",
                result.measure.name,
                head.units,
            ),
            path=result.measure.path,
            label=fmt("{:.0%} for a model that always predicts 0", 1 - 1 / head.units)
            if isinstance(head.units, int)
            else None,
            related=[(head.path, "one distribution over all classes")]
            if head.distribution
            else [(("target", "kind"), "one class per sample")],
            help='use "accuracy"',
            fix=fix_setting("accuracy", result.measure.path),
        )
