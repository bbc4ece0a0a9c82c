"""Output with spatial or time axes that the labels do not have.

What it does: Detects a model that outputs one prediction per spatial position or time step where there is one label per
sample; without [target], a final Dense layer on a downsampled feature map.

Why is this bad? Dense only applies to the last axis, so without Flatten, global pooling or return_sequences = false,
every position keeps its own output. Cross-entropy losses raise an error in the first step; mse silently compares every
position with the one label.

Example:
    seqspec = 1

    [model]
    input = [28, 28, 1]
    layers = [
      { type = "Conv2D", filters = 8, kernel_size = 3, activation = "relu" },
      { type = "MaxPooling2D" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [target]
    kind = "multiclass"
    classes = 10

    [compile]
    loss = "sparse_categorical_crossentropy"

Use instead:
       { type = "MaxPooling2D" },
    +  { type = "Flatten" },

Confidence: certain with [target]; high without it, since segmentation outputs are usually produced by convolutions at
input resolution.

References:
    keras.layers.Dense, keras.layers.Flatten
    NeuraLint f011; defect4ML 089; Tensfa SFData 38584268, 62299824
"""

from seqspec.core.analysis.head_fixes import flattened_fixes
from seqspec.core.analysis.training.loss_compatibility import layer_keeping_axes
from seqspec.core.linter.rules import (
    Declared,
    Facts,
    Findings,
    Requires,
    Shape,
    TreeFix,
    at_layer,
    finding,
    fmt,
    rule,
    set_value,
    show,
)


@rule(
    "SEQ324",
    "error",
    any_of=(Requires(mismatches=("axes",)), Requires(tables=("compile",), absent=("target",))),
)
def check(facts: Facts) -> Findings:
    labels, output = facts.output.labels, facts.output.tensor
    if output is None or facts.output.objective is None:
        return
    if labels is None:
        if facts.target is None and facts.input is not None:
            yield from _without_target(facts, facts.input.sample, output.sample)
        return
    if facts.output.loss_compatibility is None or "axes" not in facts.output.loss_compatibility.reasons:
        return
    culprit, help = layer_keeping_axes(facts.layers)
    last = facts.output.layers[-1]
    fixes: list[TreeFix | None] = [None, None]
    if len(labels.shape) < 2:
        fixes = [*flattened_fixes(facts), *fixes]
    if culprit:
        fixes.insert(0, TreeFix("return only the last time step", (set_value(culprit, False),)))
    yield finding(
        fmt("the model outputs {}, but each label is {}", show(output.sample), labels.description),
        **at_layer(last),
        label=fmt("outputs {}", show(output.sample)),
        related=[(labels.path, Declared("labels")), *([(culprit, "returns every time step")] if culprit else [])],
        help=help,
        fix=fixes[0],
        alternative=fixes[1],
    )


def _without_target(facts: Facts, incoming: Shape, outgoing: Shape) -> Findings:
    head = facts.output.head
    if head is None or head.entry.type != "Dense" or len(outgoing) < 3 or len(incoming) != len(outgoing):
        return
    # An output as large as the input may be an intended dense prediction.
    if not any(isinstance(a, int) and isinstance(b, int) and b < a for a, b in zip(incoming[:-1], outgoing[:-1])):
        return
    yield finding(
        fmt(
            "Dense only applies to the last axis, so the model outputs {}, one prediction per position", show(outgoing)
        ),
        **at_layer(head.entry),
        label=fmt("outputs {}", show(outgoing)),
        help=layer_keeping_axes(facts.layers)[1],
        severity="warning",
    )
