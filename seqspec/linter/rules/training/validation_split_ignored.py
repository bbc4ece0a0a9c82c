"""`validation_split` together with a validation dataset.

What it does: finds a validation_split beside a validation set of its own.

Why it hurts: Keras takes the set and does not look at validation_split, so nothing is split off.

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
    validation_split = 0.2
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
    callbacks = [{ type = "EarlyStopping", patience = 5, restore_best_weights = true }]

Confidence: certain.

References:
    keras.Model.fit: validation_data goes before validation_split
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, remove
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""

    for stage in facts.stages:
        if stage.separate and stage.fit.validation_split > 0:
            yield Violation(
                RULE.name,
                "validation_split does nothing where [data.validation] gives a set of its own",
                path=(*stage.path, "validation_split"),
                related=[(("data", "validation"), "the set")],
                help="leave validation_split out",
                fix=TreeFix("leave it out", (remove((*stage.path, "validation_split")),), safe=True),
            )


RULE = Rule(
    code="SEQ542",
    name="validation-split-ignored",
    severity="warning",
    requires=Requires(tables=("fit", "data"), arguments=("validation_split",)),
    check=check,
    docs=__doc__,
)
