"""Callback mode that treats the worst value as the best.

What it does: finds a callback whose mode says the opposite of what is good of the number it watches.

Why it hurts: EarlyStopping stops while the model gets better, ReduceLROnPlateau lowers the learning rate because it
does, and ModelCheckpoint keeps the worst weights.

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
    metrics = ["accuracy"]

    [fit]
    epochs = 30
    callbacks = [
      { type = "EarlyStopping", monitor = "val_accuracy", mode = "max", patience = 5, restore_best_weights = true },
    ]

Confidence: certain for the loss, which training makes small, and for the metrics of Keras.

References:
    keras.callbacks.MonitorCallback
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
        good = monitor.meaning
        if not monitor.matters or monitor.mode == "auto" or good is None or good == monitor.mode:
            continue
        yield Violation(
            RULE.name,
            f'mode = "{monitor.mode}", but of "{monitor.name}" {"small" if good == "min" else "large"} is good: '
            + _EFFECTS[monitor.kind],
            path=(*monitor.path, "mode"),
            label="the wrong way round",
            help=f'write mode = "{good}", or leave it out',
            related=[((*monitor.path, "monitor"), "what is monitored")] if monitor.written else [],
            fix=TreeFix(f'use "{good}"', (set_value((*monitor.path, "mode"), good),)),
        )


_EFFECTS = {
    "EarlyStopping": "training stops while the model gets better",
    "ReduceLROnPlateau": "the learning rate falls while the model gets better",
    "ModelCheckpoint": "the worst model is kept",
    "OrbaxCheckpoint": "the worst state is kept",
}


RULE = Rule(
    code="SEQ552",
    name="wrong-monitor-mode",
    severity="error",
    requires=Requires(
        tables=("compile",),
        callbacks=("EarlyStopping", "ModelCheckpoint", "OrbaxCheckpoint", "ReduceLROnPlateau"),
        arguments=("mode",),
    ),
    check=check,
    docs=__doc__,
)
