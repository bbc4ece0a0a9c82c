"""EarlyStopping that stops before ReduceLROnPlateau acts.

What it does: Detects EarlyStopping whose patience does not exceed that of a ReduceLROnPlateau with the same monitor.

Why is this bad? Both count epochs without improvement. Training stops before, or exactly when, the learning rate would
be reduced, so the lower rate is never used.

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
      { type = "ReduceLROnPlateau", patience = 5 },
      { type = "EarlyStopping", patience = 5, restore_best_weights = true },
    ]

Use instead:
    -  { type = "ReduceLROnPlateau", patience = 5 },
    -  { type = "EarlyStopping", patience = 5, restore_best_weights = true },
    +  { type = "ReduceLROnPlateau", patience = 3 },
    +  { type = "EarlyStopping", patience = 9, restore_best_weights = true },

Confidence: high: only different values of min_delta can make the counts differ.

References:
    keras.callbacks.EarlyStopping, ReduceLROnPlateau
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, at_argument, finding, fix_setting, fmt, rule


@rule("SEQ555", "warning", graphs="settings", tables="compile", callbacks="ReduceLROnPlateau")
def check(facts: Facts) -> Findings:
    stops = [monitor for monitor in facts.training.monitors if monitor.kind == "EarlyStopping" and monitor.logged]
    for plateau in facts.training.monitors:
        if plateau.kind != "ReduceLROnPlateau" or not plateau.logged:
            continue
        for stop in stops:
            if stop.run is not plateau.run or stop.name != plateau.name:
                continue
            late = max(stop.callback.patience, 1) + stop.callback.start_from_epoch
            if late > max(plateau.callback.patience, 1):
                continue
            yield finding(
                fmt(
                    "EarlyStopping stops after {} epochs without improvement, before ReduceLROnPlateau reduces "
                    "the learning rate after {}",
                    stop.callback.patience,
                    plateau.callback.patience,
                ),
                **at_argument(stop.path, stop.callback, "patience"),
                label="not longer",
                related=[
                    ((*plateau.path, "patience"), "reduces the learning rate")
                    if "patience" in plateau.callback.model_fields_set
                    else (plateau.path, "patience defaults to 10")
                ],
                help=fmt("set {} for EarlyStopping", Setting("patience", 3 * max(plateau.callback.patience, 1))),
                fix=fix_setting(3 * max(plateau.callback.patience, 1), (*stop.path, "patience"))
                if isinstance(stop.written_table, dict)
                else None,
            )
            break
