"""Callback that monitors a value that is never logged.

What it does: Detects a callback that monitors a value that is never logged: a metric under a different name, or a
validation metric without validation data.

Why is this bad? EarlyStopping and ReduceLROnPlateau only warn and have no effect, so training continues to the last
epoch; ModelCheckpoint with save_best_only saves after every epoch. With mode = "auto" and a name that is not a metric
of the model, Keras raises ValueError after the whole first epoch. Keras logs a metric under the name in [compile]:
"accuracy" as val_accuracy, "acc" as val_acc, { type = "AUC" } as val_auc.

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
    callbacks = [{ type = "EarlyStopping", monitor = "val_acc", patience = 5, restore_best_weights = true }]

Use instead:
    -callbacks = [{ type = "EarlyStopping", monitor = "val_acc", patience = 5, restore_best_weights = true }]
    +callbacks = [{ type = "EarlyStopping", monitor = "val_accuracy", patience = 5, restore_best_weights = true }]

Confidence: certain, except for a spec without [data], which may receive validation data later: there it is a warning.

References:
    keras.callbacks.MonitorCallback, EarlyStopping, ReduceLROnPlateau, ModelCheckpoint
    Stack Overflow 49035200; keras-team/keras#13689; defect4ML 048
"""

from seqspec.core.analysis.training.stages import ADD_VALIDATION, MONITORING, Monitor
from seqspec.core.linter.rules import (
    Facts,
    Findings,
    Setting,
    Suggestion,
    TableName,
    Violation,
    finding,
    fix_setting,
    fmt,
    rule,
)


@rule("SEQ550", "error", graphs="settings", tables="compile", callbacks=MONITORING, depends_on=("metrics", "version"))
def check(facts: Facts) -> Findings:
    for monitor in facts.training.monitors:
        if monitor.logged or monitor.possible or not (monitor.matters or monitor.raises):
            continue
        is_logged = monitor.base in monitor.logs.names
        if is_logged and monitor.of_validation:
            yield _unvalidated(facts, monitor)
            continue
        meant = monitor.suggestion()
        yield finding(
            fmt('{} monitors "{}", which is never logged: {}', monitor.kind, monitor.name, _effect(monitor)),
            path=monitor.path_of,
            anchor="value" if monitor.written else "layer",
            label=Suggestion(meant).label,
            notes=(fmt("logged: {}", ", ".join(monitor.names)),),
            help=fmt("set {}", Setting("monitor", meant))
            if meant
            else fmt('add the metric to {}, or monitor "val_loss"', TableName(("compile",))),
            fix=fix_setting(meant, (*monitor.path, "monitor")) if meant and monitor.written else None,
        )


def _unvalidated(facts: Facts, monitor: Monitor) -> Violation:
    every = monitor.run.fit.validation_freq
    never = monitor.run.validates
    why = (
        fmt("{} skips validation in all {} epochs", Setting("validation_freq", every), monitor.run.epochs)
        if never
        else "validation data is missing"
    )
    frequency_path = (*monitor.run.path, "validation_freq")
    return finding(
        fmt('{} monitors "{}", but {}: {}', monitor.kind, monitor.name, why, _effect(monitor)),
        path=monitor.path_of,
        anchor="value" if monitor.written else "layer",
        label="never logged" if monitor.written else fmt("monitors {}", monitor.name),
        notes=(fmt("logged: {}", ", ".join(monitor.names)),),
        related=[(frequency_path, "validation frequency")] if never else [],
        help=fmt("set {}", Setting("validation_freq", 1))
        if never
        else ADD_VALIDATION + fmt("; or set {}", Setting("monitor", monitor.base)),
        severity=None if never or facts.has("data") else "warning",
    )


def _effect(monitor: Monitor) -> str:
    if monitor.raises:
        return "Keras raises ValueError after the first epoch"
    match monitor.kind:
        case "EarlyStopping":
            return "training never stops early"
        case "ReduceLROnPlateau":
            return "the learning rate is never reduced"
        case "ModelCheckpoint":
            return "every epoch is saved, not only the best"
    return "nothing is saved"
