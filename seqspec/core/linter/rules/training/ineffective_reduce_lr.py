"""ReduceLROnPlateau that does not reduce the learning rate.

What it does: Detects a ReduceLROnPlateau that cannot reduce the learning rate because min_lr is not below it, or that
sets it to min_lr at once because factor is not positive.

Why is this bad? Keras only reduces a learning rate above min_lr. With a factor of zero or less the new rate is min_lr,
0 by default, and training stops making progress.

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
    callbacks = [{ type = "ReduceLROnPlateau", patience = 3, min_lr = 0.01 }]

Use instead:
    -callbacks = [{ type = "ReduceLROnPlateau", patience = 3, min_lr = 0.01 }]
    +callbacks = [{ type = "ReduceLROnPlateau", patience = 3, min_lr = 1e-6 }]

Confidence: certain.

References:
    keras.callbacks.ReduceLROnPlateau
"""

from seqspec.core.linter.rules import Facts, Findings, Number, Setting, Verbatim, finding, fix_setting, fmt, rule


@rule(
    "SEQ557", "warning", graphs="all", tables="compile", callbacks="ReduceLROnPlateau", arguments=("factor", "min_lr")
)
def check(facts: Facts) -> Findings:
    for monitor in facts.training.monitors:
        callback = monitor.callback
        if monitor.kind != "ReduceLROnPlateau":
            continue
        plain = [entry for entry in facts.training.optimizers if not entry.scheduled]
        highest = max((entry.rate for entry in plain), default=0)
        if callback.factor <= 0:
            yield finding(
                fmt(
                    "{} sets the learning rate to {:g} at once",
                    Setting("factor", Number(callback.factor, "g")),
                    max(callback.min_lr, 0),
                ),
                path=(*monitor.path, "factor"),
                help=fmt("set {}", Setting("factor", 0.2)),
                fix=fix_setting(0.2, (*monitor.path, "factor")),
            )
        elif plain and callback.min_lr >= highest > 0:
            rate = max(plain, key=lambda entry: entry.rate)
            yield finding(
                fmt(
                    "{} is not below the learning rate of {:g}, so it is never reduced",
                    Setting("min_lr", Number(callback.min_lr, "g")),
                    highest,
                ),
                path=(*monitor.path, "min_lr"),
                related=[(rate.path_of("learning_rate"), fmt("learning rate {:g}", highest))],
                help=fmt("set {}", Setting("min_lr", Verbatim(f"{highest / 1000:g}"))),
                fix=fix_setting(highest / 1000, (*monitor.path, "min_lr")),
            )
