"""Backpropagation through many time steps without gradient clipping.

What it does: Detects recurrent layers over more than 100 time steps with an optimizer without `clipnorm`, `clipvalue`
or `global_clipnorm`. With a learning rate above 0.01 it is a warning.

Why is this bad? The gradient is propagated back through every step and occasionally explodes. One such update can undo
hours of training; clipping its norm costs nothing.

Example:
    seqspec = 1

    [model]
    input = [500, 8]
    layers = [
      { type = "LSTM", units = 64 },
      { type = "Dense", units = 1 },
    ]

    [compile]
    optimizer = "adam"
    loss = "mse"

Use instead:
    -optimizer = "adam"
    +optimizer = { type = "Adam", learning_rate = 1e-3, clipnorm = 1.0 }

Confidence: medium: LSTM and GRU often train without clipping, so severity is info.

References:
    Pascanu, Mikolov and Bengio, On the Difficulty of Training Recurrent Neural Networks, 2013
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, finding, fmt, rule


@rule("SEQ422", "info", graphs="each", tables="compile", layers="recurrent")
def check(facts: Facts) -> Findings:
    optimizer = facts.compile.optimizer
    if optimizer is None:
        return
    # recurrent-activation reports unbounded states, which are more serious.
    recurrences = [
        (entry, steps)
        for entry, activation, steps in facts.stack.recurrences
        if isinstance(steps, int) and steps > 100 and activation in ("tanh", "sigmoid", "hard_sigmoid")
    ]
    if not recurrences or any(
        getattr(optimizer, key, None) is not None for key in ("clipnorm", "clipvalue", "global_clipnorm")
    ):
        return
    entry, steps = recurrences[0]
    rate = getattr(optimizer, "learning_rate", None)
    written = facts.has("compile") and "optimizer" in facts.compile.model_fields_set
    yield finding(
        fmt("backpropagates through {} time steps without gradient clipping", steps),
        path=("compile", "optimizer") if written else ("compile",),
        label="no gradient clipping",
        related=[(entry.path, fmt("{} time steps", steps))],
        help=fmt("set {} in the optimizer", Setting("clipnorm", 1.0)),
        severity="warning" if isinstance(rate, (int, float)) and rate > 0.01 else None,
    )
