"""Fewer filters after downsampling.

What it does: Detects a convolution with fewer filters than the previous one directly after downsampling, in a model
that outputs a vector.

Why is this bad? Pooling discards positions; more filters after it preserve the information. If resolution and filters
shrink together, much information is lost at once.

Example:
    seqspec = 1

    [model]
    input = [64, 64, 3]
    layers = [
      { type = "Conv2D", filters = 64, kernel_size = 3, activation = "relu" },
      "MaxPooling2D",
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Use instead:
     layers = [
    +  { type = "Conv2D", filters = 32, kernel_size = 3, activation = "relu" },
    +  "MaxPooling2D",
       { type = "Conv2D", filters = 64, kernel_size = 3, activation = "relu" },
    -  "MaxPooling2D",
    -  { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },

Confidence: low: a design choice, so severity is info. Taken literally, the published rule reports 6 of 95 programs that
are known to work; this rule requires that the filters at least halve directly after downsampling, and does not report
1×1 kernels, models that output a feature map, and autoencoders.

References:
    NeuraLint f023 (Nikanjam et al., 2021)
"""

import itertools

from seqspec.core.analysis.flow import channels
from seqspec.core.linter.rules import Facts, Findings, finding, fmt, given_argument, rule


@rule("SEQ470", "info", layers="convolution")
def check(facts: Facts) -> Findings:
    output = facts.output.tensor
    if output is None or not facts.has_full_stack or output.rank != 2:
        return
    if getattr(facts.target, "kind", None) == "reconstruction":
        return
    flow = facts.stack.flow
    widths = [given_argument(flow[index].entry.layer, "filters", 0) for index in flow.weighted]
    if not [later for earlier, later in itertools.pairwise(widths) if later and later * 2 <= earlier]:
        return
    before = None
    shrunk = False
    for entry, window, _, sizes in facts.stack.windows:
        if "pooling" in entry.traits:
            shrunk = True
            continue
        filters = channels(entry)
        if before is not None and shrunk and filters is not None and max(window) > 1:
            earlier = channels(before)
            if earlier is not None and filters * 2 <= earlier:
                yield finding(
                    fmt("has {} filters after downsampling, but the previous convolution has {}", filters, earlier),
                    path=(*entry.path, "filters") if "filters" in entry.layer.model_fields_set else entry.path,
                    label="fewer filters at lower resolution",
                    related=[(before.path, fmt("{} filters", earlier))],
                    help=fmt("use at least {} filters", earlier),
                )
        if max(window) > 1:
            before, shrunk = entry, False
            steps = (
                entry.outputs[0].dims[2:]
                if entry.argument("data_format") == "channels_first"
                else entry.outputs[0].dims[1:-1]
            )
            shrunk = any(
                isinstance(old, int) and isinstance(new, int) and new * 2 <= old + 1 for old, new in zip(sizes, steps)
            )
