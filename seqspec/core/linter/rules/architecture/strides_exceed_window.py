"""Strides larger than the window of a convolution or pooling layer.

What it does: Detects convolution and pooling layers whose strides are larger than their window, on an axis that is
longer than the window.

Why is this bad? The window never covers the positions between two steps, so that part of the input has no effect on the
output: a 1×1 convolution with strides of 2 reads one position of four. Reading all of them improved the accuracy of
ResNet-50 at nearly no cost.

Example:
    seqspec = 1

    [model]
    input = [32, 32, 3]
    layers = [
      { type = "Conv2D", filters = 32, kernel_size = 3, padding = "same", activation = "relu" },
      { type = "Conv2D", filters = 64, kernel_size = 1, strides = 2, padding = "same", activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Use instead:
    -  { type = "Conv2D", filters = 64, kernel_size = 1, strides = 2, padding = "same", activation = "relu" },
    +  { type = "Conv2D", filters = 64, kernel_size = 3, strides = 2, padding = "same", activation = "relu" },

Confidence: certain, by arithmetic. Such models train, and downsampling without reading every position can be
deliberate, so severity is info.

References:
    Bag of Tricks for Image Classification with Convolutional Neural Networks, section 4 (He et al., 2019)
"""

from seqspec.core.linter.rules import Facts, Findings, finding, fix_setting, fmt, join, rule


@rule("SEQ472", "info", graphs="each", layers=("convolution", "pooling"), arguments="strides")
def check(facts: Facts) -> Findings:
    for entry, window, strides, sizes in facts.stack.windows:
        if not any(
            stride > reach and not (isinstance(size, int) and size <= reach)
            for reach, stride, size in zip(window, strides, sizes)
        ):
            continue
        if facts.graph is not None and set(window) == {1} and facts.graph.is_joined(entry.path):
            continue  # the shortcut of a residual block
        is_convolution = "convolution" in entry.traits
        key = "kernel_size" if is_convolution else "pool_size"
        # The center of an odd kernel is a position of the input.
        larger = [stride | 1 if is_convolution else stride for stride in strides]
        enough = [reach if stride <= reach else size for reach, stride, size in zip(window, strides, larger)]
        value = enough[0] if len(set(enough)) == 1 else enough
        yield finding(
            fmt(
                "strides of {} exceed the window of {}: some positions of {} are never read",
                join("×", strides),
                join("×", window),
                entry.input,
            ),
            path=(*entry.path, "strides"),
            label="larger than the window",
            help=fmt("increase {} to at least the strides, or reduce the strides", key),
            # Other than with padding "same", the window changes the output shape.
            fix=fix_setting(value, (*entry.path, key)) if entry.argument("padding") == "same" else None,
        )
