"""Convolution or pooling window over a single position.

What it does: Detects convolution and pooling layers with a window larger than 1 on an axis of size 1.

Why is this bad? With `padding = "same"` Keras accepts a 3×3 kernel on a 1×1 feature map: eight of its nine weights only
ever see zeros. The feature map was downsampled too early.

Example:
    seqspec = 1

    [model]
    input = [28, 28, 1]
    layers = [
      { type = "Conv2D", filters = 16, kernel_size = 3, padding = "same", activation = "relu" },
      { type = "MaxPooling2D", pool_size = 14 },
      { type = "Conv2D", filters = 32, kernel_size = 3, padding = "same", activation = "relu" },
      "MaxPooling2D",
      { type = "Conv2D", filters = 64, kernel_size = 3, padding = "same", activation = "relu" },
      "Flatten",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Use instead:
    -  { type = "MaxPooling2D", pool_size = 14 },
    +  "MaxPooling2D",

Confidence: certain, by arithmetic. Transposed convolutions, which upsample, are not reported.

References:
    deepmufl 60355380 (Ghanbari et al., 2023)
"""

from seqspec.core.linter.rules import Facts, Findings, at_layer, finding, fmt, join, rule


@rule("SEQ463", "warning", graphs="each", layers=("convolution", "pooling"))
def check(facts: Facts) -> Findings:
    if not any(1 in step.entry.input.dims[1:] for step in facts.stack.flow):
        return
    for entry, window, _, sizes in facts.stack.windows:
        if 1 not in sizes:
            continue
        # A window of size 1 does not slide over its axis.
        sliding = [(window_size, size) for window_size, size in zip(window, sizes) if window_size > 1]
        if not sliding or any(size != 1 for _, size in sliding):
            continue
        key = "kernel_size" if "kernel_size" in type(entry.layer).model_fields else "pool_size"
        yield finding(
            fmt("applies a {} window to a single position of {}", join("×", window), entry.input),
            **at_layer(entry, key),
            label="mostly padding",
            help="downsample less in earlier layers, by smaller strides or less pooling, or remove this layer",
        )
        return
