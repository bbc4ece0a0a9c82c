"""EarlyStopping without `restore_best_weights`.

What it does: finds an EarlyStopping without restore_best_weights = true, and no ModelCheckpoint that saves the best
model.

Why it hurts: training ends patience epochs after the best one, and the model keeps the weights of the last.

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
    callbacks = [{ type = "EarlyStopping", patience = 5, restore_best_weights = true }]

Confidence: a hint.

References:
    keras.callbacks.EarlyStopping, the argument restore_best_weights
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""

    saved = {id(monitor.run) for monitor in facts.monitors if "Checkpoint" in monitor.kind and monitor.matters}
    for monitor in facts.monitors:
        callback = monitor.callback
        if monitor.kind != "EarlyStopping" or callback.restore_best_weights or id(monitor.run) in saved:
            continue
        if not monitor.logged or max(callback.patience, 1) >= monitor.watched:
            continue
        yield Violation(
            RULE.name,
            f"EarlyStopping keeps the weights of the last epoch, {max(callback.patience, 1)} after the best one",
            path=monitor.path,
            anchor="layer",
            help="add restore_best_weights = true",
            fix=TreeFix("put the best weights back", (set_value((*monitor.path, "restore_best_weights"), True),))
            if isinstance(monitor.written_table, dict)
            else None,
        )


RULE = Rule(
    code="SEQ556",
    name="best-weights-not-restored",
    severity="info",
    requires=Requires(tables=("compile",), callbacks=("EarlyStopping",)),
    check=check,
    docs=__doc__,
)
