"""Cross-entropy for real-valued targets.

What it does: Detects a cross-entropy where [target] declares continuous labels outside of [0, 1].

Why is this bad? Cross-entropy interprets labels as probabilities. With a label above 1 or below 0 it is unbounded
below: training drives the loss towards minus infinity and saturates the output.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [target]
    kind = "regression"
    range = [-1, 1]

    [compile]
    loss = "binary_crossentropy"

Use instead:
    -  { type = "Dense", units = 1, activation = "sigmoid" },
    +  { type = "Dense", units = 1 },

    -loss = "binary_crossentropy"
    +loss = "mse"

Confidence: certain with a range; without one, labels may lie in [0, 1] and it is a warning.

References:
    keras.losses.BinaryCrossentropy
    TheDeepChecker "wrong loss selection"; Stack Overflow 46869312
"""

from seqspec.core.linter.rules import Facts, Findings, finding, fix_setting, fmt, rule


@rule("SEQ313", "error", graphs="head", targets=("regression", "reconstruction"), losses="cross_entropy")
def check(facts: Facts) -> Findings:
    objective, labels = facts.output.objective, facts.output.labels
    if objective is None or labels is None or labels.classes or "cross_entropy" not in objective.traits:
        return
    sparse = "sparse" in objective.traits
    if not sparse and ((labels.bounded and labels.low >= 0 and labels.high <= 1) or labels.kind == "reconstruction"):
        return
    statement = (
        fmt("labels range from {:g} to {:g}", labels.low, labels.high)
        if labels.bounded
        else "labels are continuous values"
    )
    yield finding(
        fmt(
            "{} expects {}, but {}", objective.name, "class indices" if sparse else "labels between 0 and 1", statement
        ),
        path=objective.path,
        label="classification loss",
        related=[(facts.output.label_range_path, statement)],
        help='use "mse" or "huber", with no activation on the last layer',
        severity="error" if labels.bounded or sparse else "warning",
        fix=fix_setting("mse", objective.path),
    )
