"""Regression targets with large values that are not scaled.

What it does: Detects regression targets of large magnitude that are not scaled: info above 100, a warning from 300 with
plain SGD and a squared error, and above 10,000 with any optimizer.

Why is this bad? With initial weights the model outputs values around 1, and an optimizer changes weights by about its
learning rate per update, so an output of a million is far away. SGD scales its step with the gradient, which a squared
error makes as large as the labels: the first updates diverge.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [target]
    kind = "regression"
    range = [30_000, 700_000]

    [compile]
    optimizer = "adam"
    loss = "mse"

Use instead:
     range = [30_000, 700_000]
    +scale = "standard"

Confidence: high for the warning. Measured on Keras with two Dense layers, 1000 samples and 30 epochs: SGD with its
default learning rate explains 94% of the variance of labels up to 100, none for labels up to 300, and is NaN for labels
up to 10,000; Adam is still worse than the mean of the labels from 300, and needs more epochs the larger they are.
Models that end with Rescaling or an exponential, or whose last layer has a bias initializer, are not reported.
With `scale` in `[target]`, training scales the labels, and the saved model undoes it: predictions and metrics are in
the units of the labels.

References:
    TheDeepChecker, over-scaled outputs (Ben Braiek and Khomh, 2022)
    Stack Overflow 52800582 (DeepLocalize, Wardat et al., 2021)
"""

from seqspec.core.linter.rules import (
    Facts,
    Findings,
    Message,
    Setting,
    SpecOrProgram,
    TableName,
    TreeFix,
    finding,
    fmt,
    given_argument,
    rule,
    set_value,
)

_CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")
_HINTS = 100
_SGD_WARNS = 300
_WARNS = 10_000
_SKEWED = 100
"""The ratio of the largest to the smallest label from which their logarithm is advised."""


@rule("SEQ617", "warning", graphs="head", tables="target", losses="scale_sensitive", arguments="range")
def check(facts: Facts) -> Findings:
    head, objective, labels = facts.output.head, facts.output.objective, facts.output.labels
    if head is None or objective is None or "scale_sensitive" not in objective.traits:
        return
    if labels is None or labels.kind != "regression" or not labels.bounded:
        return
    if head.activation not in ("linear", "relu", "softplus") or head.entry.role not in ("weights", "activation"):
        return
    size = max(abs(labels.low), abs(labels.high))
    if not facts.has_full_stack:
        return
    initializer = given_argument(facts.stack.flow[facts.stack.flow.last_weights].entry.layer, "bias_initializer")
    if size <= _HINTS or (initializer is not None and type(initializer).__name__ != "Zeros"):
        return
    diverges = objective.loss == "MeanSquaredError" and any(
        entry.kind == "SGD" and not any(getattr(entry.optimizer, name) for name in _CLIPS)
        for entry in facts.training.optimizers
    )
    scale = "log" if 0 < _SKEWED * labels.low < labels.high else "standard"
    yield finding(
        fmt("labels range from {:g} to {:g} and are not scaled", labels.low, labels.high),
        path=("target", "range"),
        label="works best with labels in about [-1, 1]",
        related=[(objective.path, "gradients scale with the labels" if diverges else "loss")],
        help=Message(
            SpecOrProgram(
                fmt("set {} in {}: the saved model undoes it", Setting("scale", scale), TableName(("target",))),
                "scale the labels, or add a Rescaling layer with their mean and standard deviation at the end",
            )
        ),
        fix=TreeFix("scale the labels", (set_value(("target", "scale"), scale),)),
        severity="warning" if size > _WARNS or (diverges and size >= _SGD_WARNS) else "info",
    )
