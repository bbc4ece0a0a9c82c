"""Normalization between the last layer with weights and the loss.

What it does: Detects a normalization after the last layer with weights.

Why is this bad? Model outputs are normalized to mean 0 and a fixed variance, regardless of confidence. For regression
this removes the very values to be learned, and the result depends on the other samples of the batch.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 3, use_bias = false },
      "BatchNormalization",
      "Softmax",
    ]

    [compile]
    loss = "sparse_categorical_crossentropy"

Use instead:
    -  { type = "Dense", units = 64, activation = "relu" },
    -  { type = "Dense", units = 3, use_bias = false },
    +  { type = "Dense", units = 64, use_bias = false },
       "BatchNormalization",
    +  "ReLU",
    +  { type = "Dense", units = 3 },

Confidence: medium: with its scale and offset such a model can train, so severity is info.

References:
    keras.layers.BatchNormalization
"""

from seqspec.core.analysis.layers.arguments import normalized_together
from seqspec.core.linter.rules import Facts, Findings, at_layer, finding, rule


@rule("SEQ434", "info", graphs="head", tables="compile", layers="normalization")
def check(facts: Facts) -> Findings:
    flow = facts.stack.flow
    last = flow.last_learned
    if not facts.has_full_stack or last < 0 or flow[last].kind != "weights" or not facts.has("compile"):
        return
    for step in flow[last + 1 :]:
        if step.kind in ("average_pool", "max_pool") or facts.compile.loss is None:
            return
        if step.kind != "norm" or step.entry.type == "UnitNormalization" or normalized_together(step.entry) == 1:
            continue
        yield finding(
            "normalizes the model outputs before the loss",
            **at_layer(step.entry),
            label="after the last weights",
            related=[(flow[last].entry.path, "last layer with weights")],
            help="remove it, or move it before the last layer with weights",
        )
