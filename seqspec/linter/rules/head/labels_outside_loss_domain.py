"""Labels outside the domain of the loss.

What it does: finds a loss that fails on some of the labels which [target] says there are: a percentage of 0, a
logarithm of what is below 0.

Why it hurts: mean_absolute_percentage_error divides by the label, so one label of 0 outweighs all others by ten
million. mean_squared_logarithmic_error takes every number below 0 for 0, and poisson has no least value for it.

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

Instead:
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
    loss = "mae"

Confidence: certain for what lies in the range.

References:
    keras.losses.MeanAbsolutePercentageError, keras.losses.MeanSquaredLogarithmicError, keras.losses.Poisson
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_FAILS = {
    "MeanAbsolutePercentageError": "divides by the label",
    "MeanSquaredLogarithmicError": "takes every number below 0 for 0",
    "Poisson": "is for counts",
}


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    objective, labels = facts.objective, facts.labels
    if objective is None or labels is None or objective.loss not in _FAILS or not labels.bounded or labels.classes:
        return
    percentage = objective.loss == "MeanAbsolutePercentageError"
    if labels.low > 0 or (percentage and labels.high < 0) or (not percentage and labels.low == 0):
        return
    yield Violation(
        RULE.name,
        f"{objective.word} {_FAILS[objective.loss]}, but labels go from {labels.low:g} to {labels.high:g}",
        path=objective.path,
        label="fails at 0" if percentage else "fails below 0",
        related=[(facts.label_range_path, "what labels are like")],
        help='write "mae", "mse" or "huber"',
        fix=TreeFix("use mae", (set_value(objective.path, "mae"),)),
    )


RULE = Rule(
    code="SEQ327",
    name="labels-outside-loss-domain",
    severity="warning",
    requires=Requires(tables=("compile",), targets=("regression", "reconstruction")),
    check=check,
    docs=__doc__,
)
