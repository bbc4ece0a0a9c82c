"""Monitored value whose direction Keras cannot infer.

What it does: finds a callback with mode = "auto" that watches a number of which Keras cannot tell whether large or
small is good.

Why it hurts: Keras ends with an error after the whole first epoch. It knows the direction of its own metrics by their
own name only: not that of counts such as false positives, and not that of a second metric of the same name, which is
logged as mae_1 or weighted_mae.

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

Instead:
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
    callbacks = [{ type = "EarlyStopping", monitor = "val_fp", mode = "min", restore_best_weights = true }]

Confidence: certain.

References:
    keras.callbacks.MonitorCallback: the search for the metric's direction
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""

    for monitor in facts.monitors:
        if not monitor.logged or not monitor.raises:
            continue
        metric = monitor.logs.logged(monitor.name)
        if metric is not None and metric.kind == "custom":
            # It may have a direction of its own.
            continue
        good = monitor.meaning or _GOOD.get(metric.kind if metric is not None else "learning_rate")
        yield Violation(
            RULE.name,
            f'Keras cannot tell whether large or small is good of "{monitor.name}", '
            f"and {monitor.kind} ends with an error after the first epoch",
            path=monitor.place,
            anchor="value" if monitor.written else "layer",
            label="no direction of its own",
            help=f'write mode = "{good}" beside it' if good else 'write mode = "min" or mode = "max" beside it',
            fix=TreeFix(f"say that {_WORDS[good]} is good", (set_value((*monitor.path, "mode"), good),))
            if good
            else None,
        )


_GOOD = {
    "FalseNegatives": "min",
    "FalsePositives": "min",
    "TrueNegatives": "max",
    "TruePositives": "max",
    "learning_rate": "min",
}
_WORDS = {"min": "small", "max": "large"}


RULE = Rule(
    code="SEQ551",
    name="monitor-without-direction",
    severity="error",
    requires=Requires(
        tables=("compile",), callbacks=("EarlyStopping", "ModelCheckpoint", "OrbaxCheckpoint", "ReduceLROnPlateau")
    ),
    check=check,
    docs=__doc__,
)
