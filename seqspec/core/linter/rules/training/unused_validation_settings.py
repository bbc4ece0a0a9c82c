"""Validation settings without validation data.

What it does: Detects validation_freq, validation_steps or validation_batch_size in a stage without validation data.

Why is this bad? Keras ignores them, and the intended validation does not happen.

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

    [compile]
    optimizer = { type = "Adam", learning_rate = 1e-3 }
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [fit]
    epochs = 30
    validation_batch_size = 64

Use instead:
     [data.train]
    +
    +[data.validation]

Confidence: certain; a warning where [data] declares the datasets, otherwise info.

References:
    keras.Model.fit
"""

from seqspec.core.analysis.training.stages import ADD_VALIDATION
from seqspec.core.linter.rules import Facts, Findings, finding, fmt, rule


@rule(
    "SEQ543",
    "warning",
    graphs="settings",
    tables="fit",
    arguments=("validation_batch_size", "validation_freq", "validation_steps"),
)
def check(facts: Facts) -> Findings:
    for stage in facts.training.stages:
        if stage.validates:
            continue
        for name in ("validation_batch_size", "validation_freq", "validation_steps"):
            if name in stage.fit.model_fields_set:
                yield finding(
                    fmt("{} has no effect without validation data", name),
                    path=(*stage.path, name),
                    help=ADD_VALIDATION,
                    severity=None if facts.has("data") else "info",
                )
