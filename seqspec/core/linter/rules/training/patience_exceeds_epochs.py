"""Patience longer than the training.

What it does: Detects EarlyStopping or ReduceLROnPlateau whose patience is too long to have an effect within the number
of epochs. If a validation metric is monitored, only epochs with validation count.

Why is this bad? The callback is still waiting when training ends. EarlyStopping with restore_best_weights is not
reported, since it also restores the best weights at the end.

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
    epochs = 5
    callbacks = [{ type = "EarlyStopping", patience = 10 }]

Use instead:
    -epochs = 5
    -callbacks = [{ type = "EarlyStopping", patience = 10 }]
    +epochs = 50
    +callbacks = [{ type = "EarlyStopping", patience = 5, restore_best_weights = true }]

Confidence: certain: the first epoch always counts as an improvement, so nothing happens before patience + 1 epochs.

References:
    keras.callbacks.EarlyStopping, ReduceLROnPlateau
    defect4ML 048: a patience of 10 in 2 epochs
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, TableName, at_argument, finding, fmt, rule


@rule("SEQ554", "warning", graphs="settings", tables="compile", callbacks=("EarlyStopping", "ReduceLROnPlateau"))
def check(facts: Facts) -> Findings:
    for monitor in facts.training.monitors:
        callback = monitor.callback
        stops = monitor.kind == "EarlyStopping"
        if not monitor.logged or not hasattr(callback, "patience"):
            continue
        if stops and (callback.restore_best_weights or callback.baseline is not None):
            continue
        late = callback.start_from_epoch if stops else 0
        # An effect at the end of the last epoch is too late.
        if max(callback.patience, 1) + 1 < monitor.watched - late:
            continue
        every = monitor.run.fit.validation_freq
        epochs = "epochs with validation" if monitor.of_validation and every != 1 else "epochs"
        written = "epochs" in monitor.run.fit.model_fields_set
        yield finding(
            fmt("{} waits for {} {}", monitor.kind, callback.patience, epochs)
            + (fmt(" after the first {}", late) if late else "")
            + fmt(", but training has only {}: it ", monitor.watched)
            + ("never stops training" if stops else "never reduces the learning rate"),
            **at_argument(monitor.path, callback, "patience"),
            label="too long"
            if "patience" in callback.model_fields_set
            else fmt("patience defaults to {}", callback.patience),
            related=[((*monitor.run.path, "epochs"), "number of epochs")] if written else [],
            help=(
                fmt("set {}, or more epochs", Setting("patience", max(1, monitor.watched // 5)))
                if monitor.watched > 3
                else None
            )
            or ("increase epochs" if written else fmt("set epochs in {}, which defaults to 1", TableName(("fit",)))),
        )
