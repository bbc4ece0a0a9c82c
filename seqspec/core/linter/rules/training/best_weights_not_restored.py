"""EarlyStopping without `restore_best_weights`.

What it does: Detects EarlyStopping without restore_best_weights = true, if no ModelCheckpoint saves the best model.

Why is this bad? Training ends `patience` epochs after the best epoch, and the model keeps the weights of the last one.

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
    callbacks = [{ type = "EarlyStopping", patience = 5 }]

Use instead:
    -callbacks = [{ type = "EarlyStopping", patience = 5 }]
    +callbacks = [{ type = "EarlyStopping", patience = 5, restore_best_weights = true }]

Confidence: severity is info.

References:
    keras.callbacks.EarlyStopping, the argument restore_best_weights
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, TreeFix, finding, fmt, rule, set_value


@rule("SEQ556", "info", graphs="all", tables="compile", callbacks="EarlyStopping", depends_on=("keras_2",))
def check(facts: Facts) -> Findings:
    saved = {id(monitor.run) for monitor in facts.training.monitors if "Checkpoint" in monitor.kind and monitor.matters}
    for monitor in facts.training.monitors:
        callback = monitor.callback
        if monitor.kind != "EarlyStopping" or callback.restore_best_weights or id(monitor.run) in saved:
            continue
        if not monitor.logged or max(callback.patience, 1) >= monitor.watched:
            continue
        yield finding(
            fmt(
                "EarlyStopping keeps the weights of the last epoch, {} after the best epoch", max(callback.patience, 1)
            ),
            path=monitor.path,
            anchor="layer",
            help=fmt("add {}", Setting("restore_best_weights", True)),
            fix=TreeFix("restore the best weights", (set_value((*monitor.path, "restore_best_weights"), True),))
            if isinstance(monitor.written_table, dict)
            else None,
        )
