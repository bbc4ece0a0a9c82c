"""Output activation that cannot reach every regression target.

What it does: Detects an output bounded by an activation such as sigmoid, tanh or relu, with a regression loss.

Why is this bad? sigmoid only outputs values in [0, 1], tanh in [-1, 1], and relu no negative values. Targets outside of
that range can never be reached: the output saturates at the bound, where the gradient is 0.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [target]
    kind = "regression"
    range = [3, 93]

    [compile]
    loss = "mse"

Use instead:
    -  { type = "Dense", units = 1, activation = "sigmoid" },
    +  { type = "Dense", units = 1 },

Confidence: certain where [target] declares a range outside of the bounds; not reported where the range lies within
them; otherwise a warning, since labels may have been scaled.

References:
    keras.losses.MeanSquaredError
    NeuraLint f015; TheDeepChecker 62313327, 57200621, 60801900
"""

from math import inf

from seqspec.core.analysis.head_fixes import without_activation
from seqspec.core.linter.rules import (
    Facts,
    Findings,
    Message,
    Setting,
    SpecOrProgram,
    TableName,
    at_layer,
    finding,
    fix_setting,
    fmt,
    rule,
)


@rule("SEQ311", "warning", graphs="head", losses="regression")
def check(facts: Facts) -> Findings:
    head, objective, labels = facts.output.head, facts.output.objective, facts.output.labels
    if head is None or objective is None or "regression" not in objective.traits or head.distribution:
        return
    if (head.low == -inf and head.high == inf) or (labels is not None and labels.classes):
        return
    if facts.output.counts_two_classes:
        # The loss is what is wrong.
        return
    is_range_known = labels is not None and (labels.bounded or labels.centered)
    if labels is not None and labels.bounded and labels.low >= head.low and labels.high <= head.high:
        return
    # Without a range, images and the targets of autoencoders are usually scaled to the range of the last activation.
    rebuilds = facts.input is not None and facts.input.sample == head.sample
    if not is_range_known and head.low < 0 and head.high == inf:
        return
    if not is_range_known and (
        rebuilds or len(head.sample) > 1 or (labels is not None and labels.kind == "reconstruction")
    ):
        return
    if not is_range_known and head.high == inf and objective.loss == "MeanSquaredLogarithmicError":
        return
    range_path = facts.output.label_range_path
    statement = ""
    if labels is not None and labels.centered:
        range_path, statement = ("target", "scale"), "the labels are scaled to a mean of 0"
    elif labels is not None and labels.bounded:
        statement = fmt("labels range from {:g} to {:g}", labels.low, labels.high)
    yield finding(
        fmt(
            "{} outputs values {}, but {}",
            head.activation,
            head.span,
            statement or objective.name + " is for unbounded targets",
        ),
        **at_layer(head.entry, "activation"),
        label="bounds the output",
        related=[(range_path, statement)] if statement else [(objective.path, "regression loss")],
        help=fmt("set {}", Setting("activation", "linear"))
        + (
            ""
            if is_range_known
            else Message(SpecOrProgram(fmt(", or declare the range of the labels under {}", TableName(("target",)))))
        )
        if head.simple
        else "remove the activation",
        severity="error" if is_range_known else "warning",
        fix=fix_setting("linear", head.path) if head.simple and head.written else without_activation(facts),
    )
