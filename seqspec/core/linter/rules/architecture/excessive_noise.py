"""Gaussian noise that is larger than the signal.

What it does: Detects `GaussianNoise` with a standard deviation above a quarter of the declared input range, or of 1 or
more inside the model.

Why is this bad? Noise on the inputs regularizes a model if it is small compared to them. Noise larger than the signal
hides it.

Example:
    seqspec = 1

    [model]
    input = [28, 28, 1]
    layers = [
      { type = "GaussianNoise", stddev = 0.5 },
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [data.train]
    range = [0, 1]

Use instead:
    -  { type = "GaussianNoise", stddev = 0.5 },
    +  { type = "GaussianNoise", stddev = 0.05 },

Confidence: low, since denoising models need much noise; they are not reported if `[target]` declares a reconstruction.

References:
    TheDeepChecker, stackoverflow.com/questions/63003693 (Ben Braiek and Khomh, 2022)
"""

from seqspec.core.linter.rules import Facts, Findings, finding, fmt, rule


@rule("SEQ442", "info", layers="GaussianNoise")
def check(facts: Facts) -> Findings:
    if getattr(facts.target, "kind", None) == "reconstruction":
        return
    train = facts.data.train
    bounds = train.range if train is not None else None
    raw = True
    for step in facts.stack.flow:
        if step.kind not in ("noise", "layout", "dropout"):
            raw = False
        if step.kind != "noise" or (raw and bounds is None):
            # Inputs without a declared range may have any range.
            continue
        stddev = step.entry.layer.stddev
        limit = (bounds[1] - bounds[0]) / 4 if raw and bounds is not None else 1.0
        if stddev < limit or not stddev:
            continue
        inputs = fmt(" to inputs in [{:g}, {:g}]", bounds[0], bounds[1]) if raw and bounds is not None else ""
        yield finding(
            fmt("adds noise of standard deviation {:g}{}, which hides the signal", stddev, inputs),
            path=(*step.entry.path, "stddev"),
            label=fmt("above {:g}", limit),
            help=fmt("use {:.2g} or less", limit * 0.2),
        )
