"""Dropout in so many layers that little signal passes through all of them.

What it does: finds dropouts of a half or more, one after the other, that leave less than a fiftieth together; less
than a tenth is a hint.

Why it hurts: each of them takes its part of what the one before left. Six halves leave 1.6 % of the paths through the
model in a step, and the model learns little more than its biases.

Example:
    seqspec = 1

    [model]
    input = [64]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dropout", rate = 0.5 },
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dropout", rate = 0.5 },
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dropout", rate = 0.5 },
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dropout", rate = 0.5 },
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dropout", rate = 0.5 },
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dropout", rate = 0.5 },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Instead:
    seqspec = 1

    [model]
    input = [64]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dropout", rate = 0.2 },
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dropout", rate = 0.5 },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Confidence: medium. Rates below a half are not counted: the CIFAR network of Liu and Deng (2015) drops 0.3 and 0.4
behind nearly every convolution, keeps half a percent in all, and is among the best of its kind.

References:
    TheDeepChecker, "over_regularization" (Ben Braiek and Khomh, 2022)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    drops = [drop for drop in facts.dropout_rates if drop.rate >= 0.5 and drop.argument != "recurrent_dropout"]
    kept = 1.0
    for drop in drops:
        kept *= 1 - drop.rate
    if kept > 0.07 or any(drop.rate >= 0.6 for drop in drops):
        return
    first = drops[0]
    yield Violation(
        RULE.name,
        f"{len(drops)} dropouts of a half or more leave {kept * 100:.2g} % together",
        path=(*first.entry.path, first.argument),
        label="the first of them",
        related=[((*drop.entry.path, drop.argument), "and another") for drop in drops[1:]],
        help="drop less, such as 0.2, or only before the last layers",
        severity=None if kept < 0.02 else "info",
    )


RULE = Rule(
    code="SEQ439",
    name="stacked-dropout",
    severity="warning",
    requires=Requires(arguments=("rate", "dropout", "recurrent_dropout")),
    check=check,
    docs=__doc__,
)
