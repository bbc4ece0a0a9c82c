"""Learning rate schedule together with ReduceLROnPlateau.

What it does: Detects ReduceLROnPlateau with an optimizer that has a learning rate schedule.

Why is this bad? Keras cannot set the learning rate of an optimizer with a schedule, and raises TypeError: not at the
start, but when the callback first reduces the rate, possibly hours later.

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

Use instead:
     [compile]
    +optimizer = { type = "Adam", learning_rate = 1e-3 }
     loss = "binary_crossentropy"
     metrics = ["accuracy"]
    -
    -[compile.optimizer]
    -type = "Adam"
    -
    -[compile.optimizer.learning_rate]
    -type = "CosineDecay"
    -initial_learning_rate = 1e-3
    -decay_steps = 4000

Confidence: certain.

References:
    keras.optimizers.Optimizer.learning_rate, the setter
"""

from seqspec.core.catalog.schedules import CLASSES
from seqspec.core.linter.rules import Facts, Findings, finding, rule


@rule(
    "SEQ515",
    "error",
    graphs="settings",
    optimizers=frozenset(CLASSES),
    callbacks="ReduceLROnPlateau",
    depends_on=("decay",),
)
def check(facts: Facts) -> Findings:
    for stage in facts.training.stages:
        for index, callback in enumerate(stage.callbacks):
            if type(callback).__name__ != "ReduceLROnPlateau":
                continue
            for entry in facts.training.optimizers:
                if entry.scheduled:
                    yield finding(
                        "ReduceLROnPlateau cannot set a learning rate that follows a schedule: "
                        "Keras raises TypeError when it first tries",
                        path=stage.callback_path(index),
                        anchor="layer",
                        label="sets the learning rate",
                        related=[(entry.path_of("learning_rate"), "set by a schedule")],
                        help="use a constant learning_rate, or remove ReduceLROnPlateau",
                        only_keras=3,
                    )
                    break
