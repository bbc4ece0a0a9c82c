"""Patience longer than the training.

What it does: finds an EarlyStopping or a ReduceLROnPlateau whose patience is so long that it can do nothing within
the epochs that run. Epochs without validation do not count where a number of validation is watched.

Why it hurts: the callback waits until training is over. An EarlyStopping with restore_best_weights is not told: it
puts the best weights back at the end all the same.

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
    epochs = 5
    callbacks = [{ type = "EarlyStopping", patience = 10 }]

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
    epochs = 50
    callbacks = [{ type = "EarlyStopping", patience = 5, restore_best_weights = true }]

Confidence: certain: the first epoch always counts as progress, so nothing happens before patience + 1 epochs.

References:
    keras.callbacks.EarlyStopping, ReduceLROnPlateau
    defect4ML 048: a patience of 10 in 2 epochs
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""

    for monitor in facts.monitors:
        callback = monitor.callback
        stops = monitor.kind == "EarlyStopping"
        if not monitor.logged or not hasattr(callback, "patience"):
            continue
        if stops and (callback.restore_best_weights or callback.baseline is not None):
            continue
        late = callback.start_from_epoch if stops else 0
        # Whatever happens at the end of the last epoch comes too late.
        if max(callback.patience, 1) + 1 < monitor.watched - late:
            continue
        every = monitor.run.fit.validation_freq
        epochs = "epochs with validation" if monitor.of_validation and every != 1 else "epochs"
        written = "epochs" in monitor.run.fit.model_fields_set
        yield Violation(
            RULE.name,
            f"{monitor.kind} waits for {callback.patience} {epochs}"
            + (f" after the first {late}" if late else "")
            + f", but only {monitor.watched} run{'s' if monitor.watched == 1 else ''}: it "
            + ("never stops the training" if stops else "never lowers the learning rate"),
            path=(*monitor.path, "patience") if "patience" in callback.model_fields_set else monitor.path,
            anchor="value" if "patience" in callback.model_fields_set else "layer",
            label="too long" if "patience" in callback.model_fields_set else f"patience is {callback.patience}",
            related=[((*monitor.run.path, "epochs"), "the epochs")] if written else [],
            help=(f"write patience = {max(1, monitor.watched // 5)}, or more epochs" if monitor.watched > 3 else None)
            or ("write more epochs" if written else "write epochs in [fit]: without it Keras runs one"),
        )


RULE = Rule(
    code="SEQ554",
    name="patience-exceeds-epochs",
    severity="warning",
    requires=Requires(tables=("compile",), callbacks=("EarlyStopping", "ReduceLROnPlateau")),
    check=check,
    docs=__doc__,
)
