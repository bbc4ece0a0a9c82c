"""Softmax output with a regression loss.

What it does: Detects a softmax over several outputs with a regression loss such as mse, or with poisson where [target]
declares continuous labels.

Why is this bad? The outputs sum to 1, so they cannot represent unbounded regression targets. For class probabilities,
the gradient of a squared error vanishes where the model is confidently wrong, since it passes through the flat region
of the softmax.

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

Use instead:
    -  { type = "Dense", units = 3, activation = "softmax" },
    +  { type = "Dense", units = 3 },

Confidence: high; certain where [target] declares the labels. The squared error of probability labels is a scoring rule
of its own (the Brier score) and is not reported.

References:
    keras.losses.MeanSquaredError
    NeuraLint f015; TheDeepChecker "wrong loss selection"
"""

from seqspec.core.analysis.head_fixes import without_activation
from seqspec.core.linter.rules import Facts, Findings, Setting, at_layer, finding, fix_setting, fmt, rule


@rule("SEQ310", "warning", graphs="head", losses=("regression", "Poisson"), heads="distribution")
def check(facts: Facts) -> Findings:
    head, objective, labels = facts.output.head, facts.output.objective, facts.output.labels
    if head is None or objective is None or not head.distribution or head.units == 1:
        return
    if labels is not None and labels.kind == "reconstruction":
        return
    # With one-hot labels and a softmax, poisson equals the cross-entropy; with counts it does not.
    counted = objective.loss == "Poisson" and labels is not None and not labels.classes
    if "regression" not in objective.traits and not counted:
        return
    about = [(objective.path, "expects counts" if counted else "regression loss")]
    if labels is None or not labels.classes:
        certain = labels is not None and not (labels.bounded and labels.low >= 0 and labels.high <= 1)
        classes = "" if certain else fmt("; for classes, {}", Setting("loss", "categorical_crossentropy"))
        outputs = "outputs" if head.units is None else fmt("{} outputs", head.units)
        free, numbers = ("softplus", "counts") if counted else ("linear", "unbounded regression targets")
        freed = fix_setting(free, head.path) if head.simple else without_activation(facts)
        yield finding(
            fmt("softmax makes the {} sum to 1, but {} is for {}", outputs, objective.name, numbers),
            **at_layer(head.entry, "activation"),
            label="sums to 1",
            related=[*about, *([(("target", "kind"), "labels are continuous values")] if certain else [])],
            help=(fmt("set {}", Setting("activation", free)) if head.simple else "remove the softmax") + classes,
            severity="error" if certain else "warning",
            fix=freed if certain else fix_setting("categorical_crossentropy", objective.path),
            alternative=None if certain else freed,
        )
        return
    suggested = "sparse_categorical_crossentropy" if labels.encoding == "integer" else "categorical_crossentropy"
    if labels.encoding == "multi_hot" or (labels.encoding == "probabilities" and objective.loss == "MeanSquaredError"):
        return
    yield finding(
        fmt(
            "{} is a regression loss, but labels are classes and the model outputs class probabilities", objective.name
        ),
        path=objective.path,
        label="gradient vanishes for confident errors",
        related=[(("target", "kind"), "labels are classes")],
        help=fmt('use "{}"', suggested),
        fix=fix_setting(suggested, objective.path),
    )
