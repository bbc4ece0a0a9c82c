"""Dropout rate above 0.5.

What it does: Detects a dropout rate of 0.6 or more; above 0.5 severity is info.

Why is this bad? With a rate of 0.8, four of five activations are missing in every step, gradients are noisy, and the
model usually underfits. Some authors specify the fraction to keep, but in Keras the rate is the fraction to drop.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dropout", rate = 0.8 },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Use instead:
    -  { type = "Dropout", rate = 0.8 },
    +  { type = "Dropout", rate = 0.2 },

Confidence: high from 0.6: none of the repaired programs in our corpus uses more than 0.5, and 22 of their layers use
exactly 0.5.

References:
    Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting, 2014
    UMLAUT, "high dropout" (Schoop et al., 2021)
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, Verbatim, finding, fix_setting, fmt, rule


@rule("SEQ437", "warning", graphs="each", arguments=("rate", "dropout", "recurrent_dropout"))
def check(facts: Facts) -> Findings:
    for entry, argument, rate in facts.stack.dropout_rates:
        if not 0.5 < rate < 1:
            continue
        path = (*entry.path, argument)
        yield finding(
            fmt("drops {:g}% of activations during training", rate * 100),
            path=path,
            label=fmt("keeps {:g}%", (1 - rate) * 100),
            help=fmt(
                "use 0.2 to 0.5; if {:g} is the fraction to keep, set {}",
                rate,
                Setting(argument, Verbatim(f"{1 - rate:g}")),
            ),
            severity=None if rate >= 0.6 else "info",
            fix=fix_setting(0.5, path),
        )
