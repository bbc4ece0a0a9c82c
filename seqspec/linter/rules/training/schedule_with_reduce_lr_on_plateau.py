"""Learning rate schedule together with ReduceLROnPlateau.

What it does: finds ReduceLROnPlateau beside an optimizer whose learning rate is a schedule.

Why it hurts: Keras cannot set the rate of an optimizer that has a schedule, and ends the training with a TypeError:
not at the start, but when the callback acts for the first time, which may be hours later.

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
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [compile.optimizer]
    type = "Adam"

    [compile.optimizer.learning_rate]
    type = "CosineDecay"
    initial_learning_rate = 1e-3
    decay_steps = 4000

    [fit]
    epochs = 30
    callbacks = [{ type = "ReduceLROnPlateau", factor = 0.2, patience = 3 }]

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
    callbacks = [{ type = "ReduceLROnPlateau", factor = 0.2, patience = 3 }]

Confidence: certain.

References:
    keras.optimizers.Optimizer.learning_rate, the setter
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.schedule import SCHEDULES
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""

    for stage in facts.stages:
        for index, callback in enumerate(stage.callbacks):
            if type(callback).__name__ != "ReduceLROnPlateau":
                continue
            for entry in facts.optimizers:
                if entry.scheduled:
                    yield Violation(
                        RULE.name,
                        "ReduceLROnPlateau cannot set a learning rate that follows a schedule: "
                        "Keras ends with an error when it first tries",
                        path=stage.callback_path(index),
                        anchor="layer",
                        label="sets the learning rate",
                        related=[(entry.place("learning_rate"), "a schedule sets it too")],
                        help="keep one of the two: a number for learning_rate, or no ReduceLROnPlateau",
                    )
                    break


RULE = Rule(
    code="SEQ515",
    name="schedule-with-reduce-lr-on-plateau",
    severity="error",
    requires=Requires(optimizers=SCHEDULES, callbacks=("ReduceLROnPlateau",)),
    check=check,
    docs=__doc__,
)
