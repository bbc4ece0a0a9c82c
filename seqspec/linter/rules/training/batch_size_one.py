"""Batch size of 1.

What it does: finds batch_size = 1.

Why it hurts: each step follows the gradient of one sample, so the loss oscillates, and with momentum it does so for
long; an epoch takes as many steps as there are samples. With batch normalization it is worse, and another rule tells
it.

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
    batch_size = 1
    callbacks = [{ type = "EarlyStopping", patience = 5, restore_best_weights = true }]

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
    batch_size = 32
    callbacks = [{ type = "EarlyStopping", patience = 5, restore_best_weights = true }]

Confidence: a hint: it works with a small learning rate, and must be so where samples have different shapes.

References:
    AUTOTRAINER, Oscillating_Loss: batches of 1 with a momentum of 0.9
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""

    if (
        "BatchNormalization" in facts.layer_types
        or facts.input is None
        or not all(isinstance(size, int) for size in facts.input.sample)
    ):
        return
    for stage in facts.stages:
        if stage.fit.batch_size == 1 and (stage.split.train is None or stage.split.train > 1):
            yield Violation(
                RULE.name,
                "batch_size = 1 makes every step follow a single sample",
                path=(*stage.path, "batch_size"),
                help="write batch_size = 32",
                fix=TreeFix("use batches of 32", (set_value((*stage.path, "batch_size"), 32),)),
            )


RULE = Rule(
    code="SEQ526",
    name="batch-size-one",
    severity="info",
    requires=Requires(tables=("fit",), arguments=("batch_size",)),
    check=check,
    docs=__doc__,
)
