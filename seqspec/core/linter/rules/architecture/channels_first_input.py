"""Input with channels first in a channels-last stack.

What it does: Detects an input shape of 1 or 3 rows with a long last axis before 2D layers that use channels_last.

Why is this bad? Such a shape looks like an image in channels-first order, as used by PyTorch. The layers slide over the
color channels and treat the columns as channels; the model builds, but trains badly.

Example:
    seqspec = 1

    [model]
    input = [3, 64, 64]
    layers = [
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      "Flatten",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Use instead:
    -input = [3, 64, 64]
    +input = [64, 64, 3]

Confidence: high for 8 or more columns and kernels with several rows. If the kernel does not fit, window-too-large
already reports it.

References:
    UMLAUT, "wrong channel order" (Schoop et al., 2021)
"""

from seqspec.core.linter.rules import Facts, Findings, InputShape, Setting, finding, fmt, rule


@rule("SEQ461", "warning", layers=("convolution", "pooling"))
def check(facts: Facts) -> Findings:
    if facts.input is None or facts.input.sample[:1] not in ((1,), (3,)):
        return
    first = next(
        (step.entry for step in facts.stack.flow if step.kind not in ("affine", "noise", "dropout", "norm")), None
    )
    if first is None or not facts.stack.windows or facts.stack.windows[0].entry is not first or first.layer.rank != 2:
        return
    if first.layer.data_format == "channels_first":
        return
    sample = first.input.sample
    if sample != facts.input.sample:
        return
    width, channels = sample[1:]
    if not isinstance(width, int) or not isinstance(channels, int) or min(width, channels) < 8:
        return
    if facts.stack.windows[0].window[0] == 1:
        return
    yield finding(
        fmt(
            "treats the last axis of {} as {} channels and the first as {} {}: the input looks like "
            "channels-first data",
            first.input,
            channels,
            sample[0],
            "row" if sample[0] == 1 else "rows",
        ),
        path=("model", "input"),
        label=fmt("{} channels?", channels),
        related=[(first.path, "channels last")],
        help=fmt(
            "set {}, or {} in every layer",
            InputShape([width, channels, sample[0]]),
            Setting("data_format", "channels_first"),
        ),
    )
