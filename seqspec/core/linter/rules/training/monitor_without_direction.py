"""Monitored value whose direction Keras cannot infer.

What it does: Detects a callback with mode = "auto" that monitors a value whose direction (min or max) Keras cannot
infer.

Why is this bad? Keras raises ValueError after the whole first epoch. It only knows the direction of its own metrics
under their own names: not that of counts such as false positives, nor that of a second metric of the same name, which
is logged as mae_1 or weighted_mae.

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
    metrics = ["accuracy", { type = "FalsePositives", name = "fp" }]

    [fit]
    epochs = 30
    callbacks = [{ type = "EarlyStopping", monitor = "val_fp", restore_best_weights = true }]

Use instead:
    -callbacks = [{ type = "EarlyStopping", monitor = "val_fp", restore_best_weights = true }]
    +callbacks = [{ type = "EarlyStopping", monitor = "val_fp", mode = "min", restore_best_weights = true }]

Confidence: certain.

References:
    keras.callbacks.MonitorCallback: the search for the metric's direction
"""

from seqspec.core.analysis.training.stages import MONITORING
from seqspec.core.linter.rules import Facts, Findings, Setting, finding, fix_setting, fmt, rule


@rule("SEQ551", "error", graphs="settings", tables="compile", callbacks=MONITORING, depends_on=("metrics",))
def check(facts: Facts) -> Findings:
    for monitor in facts.training.monitors:
        if not monitor.logged or not monitor.raises:
            continue
        metric = monitor.logs.logged(monitor.name)
        if metric is not None and metric.kind == "custom":
            # It may define its own direction.
            continue
        good = monitor.meaning or _GOOD.get(metric.kind if metric is not None else "learning_rate")
        yield finding(
            fmt(
                'Keras cannot infer whether to minimize or maximize "{}", and {} raises ValueError after the '
                "first epoch",
                monitor.name,
                monitor.kind,
            ),
            path=monitor.path_of,
            anchor="value" if monitor.written else "layer",
            label="unknown direction",
            help=fmt("set {}", Setting("mode", good))
            if good
            else fmt("set {} or {}", Setting("mode", "min"), Setting("mode", "max")),
            fix=fix_setting(good, (*monitor.path, "mode")) if good else None,
            only_keras=3,
        )


_GOOD = {
    "FalseNegatives": "min",
    "FalsePositives": "min",
    "TrueNegatives": "max",
    "TruePositives": "max",
    "learning_rate": "min",
}
