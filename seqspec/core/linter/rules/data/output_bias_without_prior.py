"""Output bias that ignores the class frequencies.

What it does: Detects an output layer with the default bias where `class_counts` declares a rare class.

Why is this bad? The first epochs are spent on learning the class frequencies, which the initial bias of the last layer
can encode. Until then the loss curve shows nothing else.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [target]
    kind = "binary"
    class_counts = [99000, 1000]

    [compile]
    optimizer = "adam"
    loss = "binary_crossentropy"
    metrics = ["AUC"]

    [fit]
    epochs = 20

    [data.validation]

Use instead:
    -  { type = "Dense", units = 1, activation = "sigmoid" },
    +  { type = "Dense", units = 1, activation = "sigmoid", bias_initializer = "constant(-4.6)" },

Confidence: severity is info, for a single sigmoid unit and a ratio of 20 or more. Models trained with class_weight are
not reported.

References:
    Karpathy, A recipe for training neural networks, 2019: "init well"
    tensorflow.org, Classification on imbalanced data: set the correct initial bias
"""

from math import log

from seqspec.core.analysis.data.declared_data import counts_of, imbalance, watches_rare_classes
from seqspec.core.linter.rules import (
    Facts,
    Findings,
    Message,
    Number,
    Setting,
    TreeFix,
    at_layer,
    finding,
    fmt,
    rule,
    set_value,
)

_RATIO = 20


@rule("SEQ609", "info", graphs="head", tables="fit", arguments="class_counts")
def check(facts: Facts) -> Findings:
    counts, ratio = counts_of(facts.target), imbalance(facts.target)
    if (
        "fit" not in facts.tables
        or not counts
        or ratio is None
        or ratio < _RATIO
        or len(counts) != 2
        or not facts.has_full_stack
    ):
        return
    if any(stage.class_weight for stage in facts.fit) or not watches_rare_classes(facts.compile):
        return
    head = facts.flat_layers[-1]
    if head.type != "Dense" or head.activation != "sigmoid" or "bias_initializer" in head.layer.model_fields_set:
        return
    if head.layer.units != 1 or not head.layer.use_bias:
        return
    value = Message(Number(log(counts[1] / counts[0]), ".2g"))
    yield finding(
        fmt("initially predicts 50% for a class with a frequency of {:.2g}%", counts[1] / sum(counts) * 100),
        **at_layer(head),
        related=[(("target", "class_counts"), "class frequencies")],
        help=fmt(
            "set {}, the log odds of {}:{}", Setting("bias_initializer", f"constant({value})"), counts[1], counts[0]
        ),
        fix=TreeFix(
            "initialize to the log odds",
            (set_value((*head.path, "bias_initializer"), f"constant({value})"),),
        ),
    )
