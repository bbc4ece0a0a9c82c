"""Callback that monitors a value that is never logged.

What it does: finds a callback that watches a number which the run never logs: a metric under another name, or one of
validation where nothing is validated.

Why it hurts: EarlyStopping and ReduceLROnPlateau only warn and then do nothing, so training goes on to the last
epoch; ModelCheckpoint with save_best_only saves after every epoch, the best or not. With mode = "auto" and a name
that is no metric of the model Keras ends with an error, after the whole first epoch. Keras logs a metric under the
name it is given by: "accuracy" is val_accuracy, "acc" is val_acc, { type = "AUC" } is val_auc.

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
    callbacks = [{ type = "EarlyStopping", monitor = "val_acc", patience = 5, restore_best_weights = true }]

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
    callbacks = [{ type = "EarlyStopping", monitor = "val_accuracy", patience = 5, restore_best_weights = true }]

Confidence: certain, but for a document without [data], which may be given validation data later: there it is a
warning.

References:
    keras.callbacks.MonitorCallback, EarlyStopping, ReduceLROnPlateau, ModelCheckpoint
    Stack Overflow 49035200; keras-team/keras#13689; defect4ML 048
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.monitors import Monitor
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""

    for monitor in facts.monitors:
        if monitor.logged or monitor.possible or not (monitor.matters or monitor.raises):
            continue
        known = monitor.base in monitor.logs.names
        if known and monitor.of_validation:
            yield _unvalidated(facts, monitor)
            continue
        meant = monitor.suggestion()
        yield Violation(
            RULE.name,
            f'{monitor.kind} monitors "{monitor.name}", which is never logged: {_effect(monitor)}',
            path=monitor.place,
            anchor="value" if monitor.written else "layer",
            label=f"did you mean {meant}?" if meant else None,
            notes=(f"logged: {', '.join(monitor.names)}",),
            help=f'write monitor = "{meant}"' if meant else 'add the metric to [compile], or monitor "val_loss"',
            fix=TreeFix(f'monitor "{meant}"', (set_value((*monitor.path, "monitor"), meant),))
            if meant and monitor.written
            else None,
        )


def _unvalidated(facts: Facts, monitor: Monitor) -> Violation:
    every = monitor.run.fit.validation_freq
    never = monitor.run.validates
    why = (
        f"validation_freq = {every} lets none of the {monitor.run.epochs} epochs validate"
        if never
        else "nothing is validated"
    )
    place = (*monitor.run.path, "validation_freq")
    return Violation(
        RULE.name,
        f'{monitor.kind} monitors "{monitor.name}", but {why}: {_effect(monitor)}',
        path=monitor.place,
        anchor="value" if monitor.written else "layer",
        label="never logged" if monitor.written else f"monitors {monitor.name}",
        notes=(f"logged: {', '.join(monitor.names)}",),
        related=[(place, "validated here")] if never else [],
        help="write validation_freq = 1"
        if never
        else "write validation_split = 0.2 in [fit], or [data.validation] where there is such a set; "
        f'or monitor = "{monitor.base}"',
        severity=None if never or facts.data is not None else "warning",
    )


def _effect(monitor: Monitor) -> str:
    if monitor.raises:
        return "Keras ends with an error after the first epoch"
    match monitor.kind:
        case "EarlyStopping":
            return "training never stops early"
        case "ReduceLROnPlateau":
            return "the learning rate is never lowered"
        case "ModelCheckpoint":
            return "every epoch is saved, the best or not"
    return "nothing is saved"


RULE = Rule(
    code="SEQ550",
    name="monitor-not-logged",
    severity="error",
    requires=Requires(
        tables=("compile",), callbacks=("EarlyStopping", "ModelCheckpoint", "OrbaxCheckpoint", "ReduceLROnPlateau")
    ),
    check=check,
    docs=__doc__,
)
