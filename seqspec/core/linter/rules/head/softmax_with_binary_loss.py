"""Softmax output with a loss that treats each class independently.

What it does: Detects a softmax over several classes with binary_crossentropy or binary_focal_crossentropy.

Why is this bad? Binary cross-entropy treats each class independently. If softmax is the last operation, Keras even
applies a sigmoid to the logits before it, so the trained function is not the one used for inference. In addition,
"accuracy" counts columns instead of samples.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [compile]
    loss = "binary_crossentropy"

Use instead:
    -loss = "binary_crossentropy"
    +loss = "categorical_crossentropy"

Confidence: high. Published programs train with it, more slowly and with a wrong accuracy.

References:
    keras.losses.BinaryCrossentropy
    NeuraLint f020; TheDeepChecker 57326611
"""

from seqspec.core.analysis.head_fixes import one_unit_fix
from seqspec.core.linter.rules import Facts, Findings, finding, fix_setting, fmt, rule


@rule("SEQ306", "warning", graphs="head", losses="binary", heads="distribution")
def check(facts: Facts) -> Findings:
    head, objective = facts.output.head, facts.output.objective
    if (
        head is None
        or objective is None
        or "binary" not in objective.traits
        or not head.distribution
        or head.units == 1
    ):
        return
    labels = facts.output.labels
    if labels is not None and labels.kind == "multilabel":
        return
    integer = labels is not None and labels.encoding == "integer"
    suggested = "sparse_categorical_crossentropy" if integer else "categorical_crossentropy"
    ways = fmt('use "{}"', suggested)
    if not integer and labels is None:
        ways += ' for one-hot labels, "sparse_categorical_crossentropy" for class indices'
    single = one_unit_fix(facts) if head.units == 2 else None
    if head.units == 2:
        ways += "; or use one output unit with sigmoid"
    yield finding(
        fmt("{} expects {} independent probabilities, but softmax outputs sum to 1", objective.name, head.units),
        path=objective.path,
        label="treats each class independently",
        related=[(head.path, "one distribution over all classes")],
        help=ways,
        severity="error"
        if facts.output.loss_compatibility is not None and facts.output.loss_compatibility.step.refused
        else "warning",
        fix=fix_setting(suggested, objective.path),
        alternative=single if labels is None else None,
    )
