"""Stacked exponential activations, which overflow.

What it does: Detects consecutive hidden layers with `exponential`: three are an error, two a warning.

Why is this bad? The exponential of an exponential overflows for ordinary inputs: exp(exp(5)) has 65 digits, more than
float32 can represent. The loss is infinite or NaN from the first batch on.

Example:
    seqspec = 1

    [model]
    input = [2]
    layers = [
      { type = "Dense", units = 5, activation = "exponential" },
      { type = "Dense", units = 5, activation = "exponential" },
      { type = "Dense", units = 5, activation = "exponential" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

    [compile]
    loss = "sparse_categorical_crossentropy"

Use instead:
    -  { type = "Dense", units = 5, activation = "exponential" },
    -  { type = "Dense", units = 5, activation = "exponential" },
    -  { type = "Dense", units = 5, activation = "exponential" },
    +  { type = "Dense", units = 5, activation = "relu" },
    +  { type = "Dense", units = 5, activation = "relu" },
    +  { type = "Dense", units = 5, activation = "relu" },

Confidence: high: for layers as wide as their inputs, the mean square of the signal is 7 after one of them, 2 million
after two, and overflows float32 after three. A normalization between them resets the count.

References:
    DeepLocalize and DeepDiagnosis, "numerical error" (Wardat et al., 2021 and 2022)
"""

from seqspec.core.linter.rules import Facts, Findings, finding, fix_setting, fmt, rule


@rule("SEQ407", "error", graphs="path", activations="exponential")
def check(facts: Facts) -> Findings:
    flow = facts.stack.flow
    if len(flow.indices_by_activation["exponential"]) < 2:
        return
    run: list[tuple[str | int, ...]] = []
    runs = [run]
    for step in flow[: max(flow.last_weights, 0)]:
        if step.activation == "exponential":
            run.append((*step.entry.path, "activation"))
        elif step.kind in ("norm", "opaque", "recurrent") or step.activation not in (None, "linear"):
            run = []
            runs.append(run)
    for run in runs:
        if len(run) < 2:
            continue
        yield finding(
            fmt("{} consecutive exponential activations overflow", len(run)),
            path=run[0],
            label="first of them",
            related=[(path, "another one") for path in run[1:]],
            help='use "relu"',
            severity=None if len(run) > 2 else "warning",
            fix=fix_setting("relu", *run),
        )
