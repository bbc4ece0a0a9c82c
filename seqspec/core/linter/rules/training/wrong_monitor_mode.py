"""Callback mode that treats the worst value as the best.

What it does: Detects a callback whose mode is the opposite of the direction of the monitored value.

Why is this bad? EarlyStopping stops while the model improves, ReduceLROnPlateau reduces the learning rate because it
improves, and ModelCheckpoint keeps the worst weights.

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
      { type = "EarlyStopping", monitor = "val_accuracy", mode = "min", patience = 5, restore_best_weights = true },
    ]

Use instead:
    -  { type = "EarlyStopping", monitor = "val_accuracy", mode = "min", patience = 5, restore_best_weights = true },
    +  { type = "EarlyStopping", monitor = "val_accuracy", mode = "max", patience = 5, restore_best_weights = true },

Confidence: certain for the loss, which training minimizes, and for the built-in metrics of Keras.

References:
    keras.callbacks.MonitorCallback
"""

from seqspec.core.analysis.training.stages import MONITORING
from seqspec.core.linter.rules import Facts, Findings, Setting, finding, fix_setting, fmt, rule


@rule("SEQ552", "error", graphs="settings", tables="compile", callbacks=MONITORING, arguments="mode")
def check(facts: Facts) -> Findings:
    for monitor in facts.training.monitors:
        good = monitor.meaning
        if not monitor.matters or monitor.mode == "auto" or good is None or good == monitor.mode:
            continue
        yield finding(
            fmt(
                '{}, but "{}" should be {}: ',
                Setting("mode", monitor.mode),
                monitor.name,
                "minimized" if good == "min" else "maximized",
            )
            + _EFFECTS[monitor.kind],
            path=(*monitor.path, "mode"),
            label="wrong direction",
            help=fmt("set {}, or remove mode", Setting("mode", good)),
            related=[((*monitor.path, "monitor"), "monitored value")] if monitor.written else [],
            fix=fix_setting(good, (*monitor.path, "mode")),
        )


_EFFECTS = {
    "EarlyStopping": "training stops while the model improves",
    "ReduceLROnPlateau": "the learning rate is reduced while the model improves",
    "ModelCheckpoint": "the worst model is kept",
    "OrbaxCheckpoint": "the worst state is kept",
}
