"""Dropout in so many layers that little signal passes through all of them.

What it does: Detects consecutive dropout layers with rates of 0.5 or more that together keep less than 2% of the
signal; below 10% severity is info.

Why is this bad? Each dropout layer removes a fraction of what the previous one kept. Six rates of 0.5 leave 1.6% of the
paths through the model per step, and the model learns little more than its biases.

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

Use instead:
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

Confidence: medium. Rates below 0.5 are not counted: the CIFAR network of Liu and Deng (2015) uses 0.3 and 0.4 after
almost every convolution, keeps 0.5% in total, and is among the best of its kind.

References:
    TheDeepChecker, "over_regularization" (Ben Braiek and Khomh, 2022)
"""

from math import prod

from seqspec.core.linter.rules import Facts, Findings, finding, fmt, rule


@rule("SEQ439", "warning", graphs="path", arguments=("rate", "dropout", "recurrent_dropout"))
def check(facts: Facts) -> Findings:
    drops = [drop for drop in facts.stack.dropout_rates if drop.rate >= 0.5 and drop.argument != "recurrent_dropout"]
    kept = prod(1 - min(drop.rate, 1) for drop in drops)
    if kept > 0.07 or any(drop.rate >= 0.6 for drop in drops):
        return
    first = drops[0]
    yield finding(
        fmt("{} dropout layers with rates of 0.5 or more keep only {:.2g}% of the signal", len(drops), kept * 100),
        path=(*first.entry.path, first.argument),
        label="first of them",
        related=[((*drop.entry.path, drop.argument), "another dropout") for drop in drops[1:]],
        help="use lower rates, such as 0.2, or dropout only before the last layers",
        severity=None if kept < 0.02 else "info",
    )
