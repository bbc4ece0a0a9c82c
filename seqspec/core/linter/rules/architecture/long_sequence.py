"""Recurrent layer over more than a thousand time steps.

What it does: Detects recurrent layers over more than 1000 time steps; above 2000 it is a warning.

Why is this bad? Time steps are processed sequentially, so training is slow, and information from the first steps has
mostly faded by the last step.

Example:
    seqspec = 1

    [model]
    input = [16000, 1]
    layers = [
      { type = "LSTM", units = 32 },
      { type = "Dense", units = 4, activation = "softmax" },
    ]

Use instead:
     layers = [
    +  { type = "Conv1D", filters = 32, kernel_size = 64, strides = 32, activation = "relu" },

Confidence: medium: it is always slow, and usually learns badly.

References:
    Bengio, Simard and Frasconi, Learning Long-Term Dependencies with Gradient Descent is Difficult, 1994
"""

from seqspec.core.linter.rules import Facts, Findings, at_layer, finding, fmt, rule


@rule("SEQ423", "info", graphs="each", layers="recurrent")
def check(facts: Facts) -> Findings:
    for entry, _, steps in facts.stack.recurrences:
        if not isinstance(steps, int) or steps <= 1000:
            continue
        yield finding(
            fmt("processes {} time steps sequentially, which is slow and forgets early steps", steps),
            **at_layer(entry),
            label=fmt("{} time steps", steps),
            help="shorten the sequence before it, with a strided Conv1D or pooling",
            severity="warning" if steps > 2000 else None,
        )
        return
