"""Unknown callback mode.

What it does: Detects a callback mode other than "auto", "min" and "max".

Why is this bad? Keras warns about the unknown mode and falls back to "auto".

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

    [data.train]

    [data.validation]

    [compile]
    optimizer = { type = "Adam", learning_rate = 1e-3 }
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [fit]
    epochs = 30
    callbacks = [
      { type = "EarlyStopping", monitor = "val_accuracy", mode = "maximum", restore_best_weights = true },
    ]

Use instead:
    -  { type = "EarlyStopping", monitor = "val_accuracy", mode = "maximum", restore_best_weights = true },
    +  { type = "EarlyStopping", monitor = "val_accuracy", mode = "max", restore_best_weights = true },

Confidence: certain.

References:
    keras.callbacks.MonitorCallback
"""

from seqspec.core.analysis.training.stages import MONITORING
from seqspec.core.linter.rules import Facts, Findings, Setting, finding, fix_setting, fmt, rule


@rule("SEQ553", "warning", graphs="settings", tables="compile", callbacks=MONITORING, arguments="mode")
def check(facts: Facts) -> Findings:
    for monitor in facts.training.monitors:
        mode = monitor.callback.mode
        if mode in ("auto", "min", "max"):
            continue
        meant = (
            next((candidate for candidate in ("min", "max") if mode.lower().startswith(candidate)), None)
            or monitor.meaning
        )
        yield finding(
            fmt('unknown mode "{}": Keras falls back to "auto"', mode[:40]),
            path=(*monitor.path, "mode"),
            help=fmt("set {}", Setting("mode", meant or "auto")),
            fix=fix_setting(meant or "auto", (*monitor.path, "mode")),
        )
