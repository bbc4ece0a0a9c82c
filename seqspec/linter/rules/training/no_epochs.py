"""Training stage without any epochs.

What it does: finds a stage of [fit] that runs no epoch: epochs = 0, or initial_epoch not below epochs.

Why it hurts: Keras returns at once with an empty history and untouched weights. epochs is the number of the last
epoch, not how many more there are: going on from epoch 10 for 10 more takes epochs = 20.

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
    epochs = 10
    initial_epoch = 10

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
    epochs = 20
    initial_epoch = 10
    callbacks = [{ type = "EarlyStopping", patience = 5, restore_best_weights = true }]

Confidence: certain.

References:
    keras.Model.fit, the argument initial_epoch
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""

    for stage in facts.stages:
        if stage.epochs:
            continue
        first, last = stage.fit.initial_epoch, stage.fit.epochs
        written = "initial_epoch" if first else "epochs"
        yield Violation(
            RULE.name,
            f"initial_epoch = {first} is not below epochs = {last}, so no epoch runs" if first else "no epoch runs",
            path=(*stage.path, written),
            label="no epoch",
            help=f"epochs is the number of the last epoch: write epochs = {first + max(last, 1)}",
            fix=TreeFix("run epochs after the first ones", (set_value((*stage.path, "epochs"), first + max(last, 1)),)),
        )


RULE = Rule(
    code="SEQ523",
    name="no-epochs",
    severity="error",
    requires=Requires(tables=("fit",), arguments=("epochs", "initial_epoch")),
    check=check,
    docs=__doc__,
)
