"""Bias that the following BatchNormalization cancels.

What it does: Detects a layer with a bias directly before batch normalization.

Why is this bad? Batch normalization subtracts the mean of each channel, which includes the bias. The bias has no
effect, and the normalization has a bias (`beta`) of its own. The parameters cost a little memory and time.

Example:
    seqspec = 1

    [model]
    input = [32, 32, 3]
    layers = [
      { type = "Conv2D", filters = 32, kernel_size = 3 },
      "BatchNormalization",
      "ReLU",
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Use instead:
    -  { type = "Conv2D", filters = 32, kernel_size = 3 },
    +  { type = "Conv2D", filters = 32, kernel_size = 3, use_bias = false },

Confidence: certain for batch normalization without an activation in between; training is not affected, so severity is
info. `LayerNormalization` and `GroupNormalization` only cancel the mean over all channels of a group and are not
reported.

References:
    NeuraLint f005, which also counts layers with an activation between (Nikanjam et al., 2021)
"""

from seqspec.core.analysis.layers.arguments import normalizes_channels
from seqspec.core.linter.rules import Facts, Findings, Setting, TreeFix, at_layer, finding, fmt, rule, set_value


@rule("SEQ432", "info", graphs="path", layers="BatchNormalization")
def check(facts: Facts) -> Findings:
    flow = facts.stack.flow
    for index in flow.indices_by_kind["norm"]:
        step, after = flow[index - 1], flow[index].entry
        if index == 0 or step.kind != "weights" or step.activation != "linear" or after.type != "BatchNormalization":
            continue
        if not step.entry.argument("use_bias", False) or not normalizes_channels(after):
            continue
        path = (*step.entry.path, "use_bias")
        yield finding(
            "has a bias that the following BatchNormalization cancels",
            **at_layer(step.entry, "use_bias"),
            label="bias has no effect",
            related=[(after.path, "subtracts the mean of each channel")],
            help=fmt("set {}", Setting("use_bias", False)),
            fix=TreeFix("remove the bias", (set_value(path, False),)),
        )
