"""Unknown callback mode.

What it does: finds a mode of a callback that is none of "auto", "min" and "max".

Why it hurts: Keras warns that it does not know the mode and reads it as "auto".

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
      { type = "EarlyStopping", monitor = "val_accuracy", mode = "maximum", patience = 5, restore_best_weights = true },
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

Confidence: certain.

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
        mode = monitor.callback.mode
        if mode in ("auto", "min", "max"):
            continue
        meant = next((word for word in ("min", "max") if mode.lower().startswith(word)), None) or monitor.meaning
        yield Violation(
            RULE.name,
            f'Keras does not know mode = "{mode[:40]}" and reads it as "auto"',
            path=(*monitor.path, "mode"),
            help=f'write mode = "{meant or "auto"}"',
            fix=TreeFix(f'use "{meant or "auto"}"', (set_value((*monitor.path, "mode"), meant or "auto"),)),
        )


RULE = Rule(
    code="SEQ553",
    name="unknown-monitor-mode",
    severity="warning",
    requires=Requires(
        tables=("compile",),
        callbacks=("EarlyStopping", "ModelCheckpoint", "OrbaxCheckpoint", "ReduceLROnPlateau"),
        arguments=("mode",),
    ),
    check=check,
    docs=__doc__,
)
