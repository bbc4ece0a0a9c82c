"""Nesterov momentum with momentum 0.

What it does: Detects SGD with nesterov = true and no momentum.

Why is this bad? Nesterov momentum needs a momentum. With momentum = 0 Keras silently computes plain gradient descent.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    optimizer = { type = "SGD", learning_rate = 0.01, nesterov = true }
    loss = "binary_crossentropy"

Use instead:
    -optimizer = { type = "SGD", learning_rate = 0.01, nesterov = true }
    +optimizer = { type = "SGD", learning_rate = 0.01, momentum = 0.9, nesterov = true }

Confidence: certain: the updates are bitwise identical.

References:
    keras.optimizers.SGD.update_step
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, finding, fix_setting, fmt, rule


@rule("SEQ508", "warning", graphs="settings", arguments="nesterov")
def check(facts: Facts) -> Findings:
    for entry in facts.training.optimizers:
        if entry.kind == "SGD" and entry.optimizer.nesterov and not entry.momentum:
            yield finding(
                fmt("{} has no effect with {}", Setting("nesterov", True), Setting("momentum", 0)),
                path=entry.path_of("nesterov"),
                label="no momentum",
                help=fmt("set {}, or remove nesterov", Setting("momentum", 0.9)),
                fix=fix_setting(0.9, (*entry.path, "momentum")) if isinstance(entry.written, dict) else None,
            )
