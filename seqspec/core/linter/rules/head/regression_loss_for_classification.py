"""Regression loss for class labels.

What it does: Detects a regression loss where [target] declares class labels, or where a metric such as accuracy counts
them and the model outputs one probability.

Why is this bad? Distances between class indices are meaningless, and between one-hot labels and probabilities the
gradient vanishes where the model is confidently wrong. Training is slow and often stops at chance level.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [target]
    kind = "binary"

    [compile]
    loss = "mse"

Use instead:
    -loss = "mse"
    +loss = "binary_crossentropy"

Confidence: high.

References:
    keras.losses.MeanSquaredError
    NeuraLint f015; TheDeepChecker 50641866, 38399609
"""

from seqspec.core.linter.rules import Facts, Findings, Requires, Setting, finding, fix_setting, fmt, rule


@rule(
    "SEQ312",
    "warning",
    graphs="head",
    any_of=(
        Requires(tables=("target",), losses=("regression",)),
        Requires(heads=("probability",), losses=("regression",), arguments=("metrics", "weighted_metrics")),
    ),
)
def check(facts: Facts) -> Findings:
    head, objective, labels = facts.output.head, facts.output.objective, facts.output.labels
    if objective is not None and "regression" in objective.traits and facts.output.counts_two_classes:
        metric = next(metric for metric in facts.output.metrics if metric.counts_classes)
        yield finding(
            fmt("{} is a regression loss, but {} counts classes", objective.name, metric.name),
            path=objective.path,
            label="regression loss",
            related=[(metric.path, "counts classes")],
            help='use "binary_crossentropy" for labels of 0 and 1; for other numbers, a metric such as "mae"',
        )
        return
    if objective is None or labels is None or "regression" not in objective.traits or not labels.classes:
        return
    if head is not None and head.distribution and not head.constant and labels.encoding != "multi_hot":
        return
    if head is not None and "probability" in head.traits and labels.encoding == "probabilities":
        return
    units = facts.output.tensor.sample[-1] if facts.output.tensor is not None and facts.output.tensor.sample else 0
    if labels.encoding == "multi_hot" or (units == 1 and labels.classes == 2):
        suggested = "binary_crossentropy"
    else:
        suggested = "sparse_categorical_crossentropy" if labels.encoding == "integer" else "categorical_crossentropy"
    last = "sigmoid" if suggested == "binary_crossentropy" else "softmax"
    bare = head is not None and not head.distribution and "probability" not in head.traits
    yield finding(
        fmt("{} is a regression loss, but labels are classes", objective.name),
        path=objective.path,
        label="regression loss",
        related=[(("target", "kind"), labels.description)],
        help=fmt('use "{}"', suggested)
        + (fmt(" and {} in the last layer", Setting("activation", last)) if bare else ""),
        fix=fix_setting(suggested, objective.path),
    )
