"""High dropout rate on the input.

What it does: Detects a dropout rate of 0.5 or more before the first layer with weights.

Why is this bad? Hidden representations are redundant, inputs usually are not: information dropped from the input is
lost.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dropout", rate = 0.5 },
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Use instead:
    -  { type = "Dropout", rate = 0.5 },
    +  { type = "Dropout", rate = 0.1 },

Confidence: medium, so severity is info: for redundant inputs such as bags of words, a rate of 0.5 can be right.

References:
    Srivastava et al., Dropout: A Simple Way to Prevent Overfitting, 2014 (keeps 0.8 of the input)
"""

from seqspec.core.linter.rules import Facts, Findings, finding, fix_setting, fmt, rule


@rule("SEQ440", "info", arguments=("rate", "dropout", "recurrent_dropout"))
def check(facts: Facts) -> Findings:
    for step in facts.stack.flow:
        if step.kind not in ("dropout", "layout", "affine", "noise"):
            return
        rate = step.entry.argument("rate", 0)
        if step.kind != "dropout" or step.entry.type == "GaussianDropout" or not 0.5 <= rate < 0.6:
            continue
        path = (*step.entry.path, "rate")
        yield finding(
            fmt("drops {:g}% of the input features", rate * 100),
            path=path,
            label="before the first weights",
            help="use 0.1 or 0.2",
            fix=fix_setting(0.1, path),
        )
