"""Label smoothing that hides or inverts the labels.

What it does: Detects a label_smoothing outside of [0, 1), or so large that it obscures the labels.

Why is this bad? Smoothing moves labels towards a uniform distribution: with 0.1 and 10 classes a 1 becomes 0.91. At 1
the labels are uniform, above 1 the correct class counts less than the others, and below 0 the loss is unbounded below.
Keras accepts any number.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [compile]
    loss = { type = "CategoricalCrossentropy", label_smoothing = 1.5 }

Use instead:
    -loss = { type = "CategoricalCrossentropy", label_smoothing = 1.5 }
    +loss = { type = "CategoricalCrossentropy", label_smoothing = 0.1 }

Confidence: certain outside of [0, 1); a warning from 0.5.

References:
    keras.losses.CategoricalCrossentropy, argument label_smoothing
"""

from seqspec.core.linter.rules import Facts, Findings, Number, Setting, finding, fmt, rule


@rule("SEQ328", "error", graphs="all", arguments="label_smoothing")
def check(facts: Facts) -> Findings:
    objective = facts.output.objective
    if objective is None:
        return
    smoothing = objective.argument("label_smoothing", 0)
    if 0 <= smoothing < 0.5:
        return
    outside = smoothing < 0 or smoothing >= 1
    yield finding(
        fmt("label_smoothing must be in [0, 1), got {:g}", smoothing)
        if outside
        else fmt("{} obscures the labels", Setting("label_smoothing", Number(smoothing, "g"))),
        path=objective.path_of("label_smoothing"),
        label="outside of [0, 1)" if outside else "typical values are 0 to 0.2",
        help="set 0.1, or omit it",
        severity="error" if outside else "warning",
    )
