"""Gradient clipping that Keras ignores.

What it does: Detects a clipnorm, clipvalue or global_clipnorm of zero or less.

Why is this bad? Keras only clips if the limit is positive and silently ignores it otherwise, so the intended clipping
does not happen.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    optimizer = { type = "Adam", learning_rate = 0.001, clipnorm = 0.0 }
    loss = "binary_crossentropy"

Use instead:
    -optimizer = { type = "Adam", learning_rate = 0.001, clipnorm = 0.0 }
    +optimizer = { type = "Adam", learning_rate = 0.001, clipnorm = 1.0 }

Confidence: certain.

References:
    keras.optimizers: _clip_gradients
"""

from seqspec.core.diagnostics.message import short
from seqspec.core.linter.rules import Facts, Findings, Setting, Verbatim, finding, fmt, rule


@rule("SEQ509", "warning", graphs="settings", tables="compile", arguments=("clipnorm", "clipvalue", "global_clipnorm"))
def check(facts: Facts) -> Findings:
    for entry in facts.training.optimizers:
        for name in ("clipnorm", "clipvalue", "global_clipnorm"):
            limit = getattr(entry.optimizer, name)
            if limit is not None and limit <= 0:
                yield finding(
                    fmt(
                        "{} has no effect: Keras only clips with a positive limit",
                        Setting(name, Verbatim(short(limit))),
                    ),
                    path=entry.path_of(name),
                    help=fmt("set {}, or remove it", Setting(name, 1.0)),
                )
