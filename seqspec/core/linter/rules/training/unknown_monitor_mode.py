"""Unknown callback mode.

What it does: Detects a callback mode other than "auto", "min" and "max".

Why is this bad? Keras warns about the unknown mode and falls back to "auto".

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

Use instead:
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

from seqspec.core.analysis.facts import Facts
from seqspec.core.analysis.training.monitors import MONITORING
from seqspec.core.diagnostics.message import Message
from seqspec.core.diagnostics.snippet import Help, Setting
from seqspec.core.diagnostics.tree_fix import assign
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    for monitor in facts.monitors:
        mode = monitor.callback.mode
        if mode in ("auto", "min", "max"):
            continue
        meant = (
            next((candidate for candidate in ("min", "max") if mode.lower().startswith(candidate)), None)
            or monitor.meaning
        )
        yield Violation(
            RULE.name,
            Message('unknown mode "', mode[:40], '": Keras falls back to "auto"'),
            path=(*monitor.path, "mode"),
            help=Help("set ", Setting("mode", meant or "auto")),
            fix=assign(meant or "auto", (*monitor.path, "mode")),
        )


RULE = Rule(
    code="SEQ553",
    name="unknown-monitor-mode",
    severity="warning",
    requires=Requires(
        tables=("compile",),
        callbacks=MONITORING,
        arguments=("mode",),
    ),
    check=check,
    docs=__doc__,
)
