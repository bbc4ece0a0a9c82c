"""`save_best_only` with an integer `save_freq` saves before the metric is known.

What it does: Detects a ModelCheckpoint with save_best_only and an integer save_freq.

Why is this bad? Validation metrics are not available between epochs, so Keras warns and saves every time. With a
training metric, Keras raises TypeError at the second save of the first epoch, since it only infers the direction at the
end of an epoch.

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
      { type = "ModelCheckpoint", filepath = "best.keras", save_best_only = true, save_freq = 100 },
    ]

Use instead:
    -  { type = "ModelCheckpoint", filepath = "best.keras", save_best_only = true, save_freq = 100 },
    +  { type = "ModelCheckpoint", filepath = "best.keras", save_best_only = true },

Confidence: certain.

References:
    keras.callbacks.ModelCheckpoint, on save_freq: the monitored metric may be less reliable
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, TreeFix, finding, fmt, remove, rule


@rule("SEQ560", "error", graphs="settings", tables="compile", callbacks="ModelCheckpoint")
def check(facts: Facts) -> Findings:
    for monitor in facts.training.monitors:
        freq = monitor.callback.save_freq if monitor.kind == "ModelCheckpoint" else "epoch"
        if freq == "epoch" or not monitor.matters or not monitor.logged:
            continue
        steps: int | None = monitor.run.split.steps
        if not monitor.of_validation and steps is not None and steps < 2 * max(int(freq), 1):
            continue
        yield finding(
            fmt("{} saves during epochs, when ", Setting("save_freq", freq))
            + (
                fmt('"{}" is not available: every save is made, not only the best', monitor.name)
                if monitor.of_validation
                else fmt('Keras cannot compare "{}" yet: it raises TypeError at the second save', monitor.name)
            ),
            path=(*monitor.path, "save_freq"),
            label="counts batches",
            help='remove save_freq, which defaults to "epoch"',
            fix=TreeFix("save after each epoch", (remove((*monitor.path, "save_freq")),)),
        )
