"""Validation settings without validation data.

What it does: finds validation_freq, validation_steps or validation_batch_size in a stage that validates nothing.

Why it hurts: Keras does not look at them, and the validation that somebody had in mind does not happen.

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
    validation_batch_size = 64

Confidence: certain; a warning where [data] tells which sets there are, else a hint.

References:
    keras.Model.fit
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""

    for stage in facts.stages:
        if stage.validates:
            continue
        for name in ("validation_batch_size", "validation_freq", "validation_steps"):
            if name in stage.fit.model_fields_set:
                yield Violation(
                    RULE.name,
                    f"{name} does nothing, as nothing is validated",
                    path=(*stage.path, name),
                    help="write validation_split = 0.2 too, or [data.validation] where there is such a set",
                    severity=None if facts.data is not None else "info",
                )


RULE = Rule(
    code="SEQ543",
    name="unused-validation-settings",
    severity="warning",
    requires=Requires(tables=("fit",), arguments=("validation_batch_size", "validation_freq", "validation_steps")),
    check=check,
    docs=__doc__,
)
