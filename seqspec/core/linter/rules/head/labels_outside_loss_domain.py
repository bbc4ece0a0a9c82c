"""Labels outside the domain of the loss.

What it does: Detects a loss that is undefined or degenerate for labels in the range that [target] declares, such as a
percentage error at 0 or a logarithm of negative values.

Why is this bad? mean_absolute_percentage_error divides by the label, so a single label of 0 outweighs all others by a
factor of ten million. mean_squared_logarithmic_error treats every negative value as 0, and poisson is unbounded below
for negative labels.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [target]
    kind = "regression"
    range = [0, 100]

    [compile]
    loss = "mape"

Use instead:
    -loss = "mape"
    +loss = "mae"

Confidence: certain for a declared range.

References:
    keras.losses.MeanAbsolutePercentageError, keras.losses.MeanSquaredLogarithmicError, keras.losses.Poisson
"""

from seqspec.core.linter.rules import Declared, Facts, Findings, finding, fix_setting, fmt, rule

_FAILS = {
    "MeanAbsolutePercentageError": "divides by the label",
    "MeanSquaredLogarithmicError": "treats every negative value as 0",
    "Poisson": "expects nonnegative counts",
}


@rule("SEQ327", "warning", graphs="head", tables="compile", targets=("regression", "reconstruction"))
def check(facts: Facts) -> Findings:
    objective, labels = facts.output.objective, facts.output.labels
    if objective is None or labels is None or objective.loss not in _FAILS or not labels.bounded or labels.classes:
        return
    percentage = objective.loss == "MeanAbsolutePercentageError"
    if labels.low > 0 or (percentage and labels.high < 0) or (not percentage and labels.low == 0):
        return
    yield finding(
        fmt(
            "{} {}, but labels range from {:g} to {:g}", objective.name, _FAILS[objective.loss], labels.low, labels.high
        ),
        path=objective.path,
        label="ill-defined at 0" if percentage else "ill-defined below 0",
        related=[(facts.output.label_range_path, Declared("labels"))],
        help='use "mae", "mse" or "huber"',
        fix=fix_setting("mae", objective.path),
    )
