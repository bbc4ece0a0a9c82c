"""Normalization over a single value, which outputs a constant.

What it does: Detects `LayerNormalization` and `GroupNormalization` that normalize over a single value.

Why is this bad? A single value minus its own mean is 0: no information passes, and earlier layers never receive a
gradient.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
      "LayerNormalization",
    ]

    [compile]
    loss = "mse"

Use instead:
       { type = "Dense", units = 16, activation = "relu" },
    +  "LayerNormalization",
       { type = "Dense", units = 1 },
    -  "LayerNormalization",

Confidence: certain: the output is constant by arithmetic, verified on Keras by tests/core/differential/test_signal.py.

References:
    keras.layers.LayerNormalization
    keras.layers.GroupNormalization
"""

from seqspec.core.analysis.layers.arguments import normalized_together
from seqspec.core.linter.rules import Facts, Findings, TreeFix, at_layer, finding, fmt, remove, rule


@rule("SEQ430", "error", graphs="each", layers=("LayerNormalization", "GroupNormalization"))
def check(facts: Facts) -> Findings:
    for step in facts.stack.flow:
        if step.kind != "norm" or normalized_together(step.entry) != 1:
            continue
        groups = step.entry.type == "GroupNormalization"
        yield finding(
            fmt("normalizes each value of its input {} separately, so its output is constant", step.entry.input),
            **at_layer(step.entry, "groups"),
            label="groups of one value",
            help="use fewer groups"
            if groups
            else "remove it, or move it before the layer that reduces the axis to size 1",
            fix=None if groups else TreeFix(fmt("remove {}", step.entry.type), (remove(step.entry.path),)),
        )
