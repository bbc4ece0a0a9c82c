"""Training without shuffling.

What it does: finds shuffle = false in a model without recurrent layers.

Why it hurts: the batches are the same in every epoch, and what samples of one batch have in common, such as a class
in sorted data, pulls the weights from one side to the other.

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
    shuffle = false
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

Confidence: a hint: data that are mixed already lose little.

References:
    NeuraLint, Stack Overflow 55776436; deepmufl, 52566823
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.roles import RECURRENT
from seqspec.diagnostics.tree_fix import TreeFix, remove
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""

    if any(entry.type in RECURRENT or entry.type == "Bidirectional" for entry in facts.flat_layers):
        return
    for stage in facts.stages:
        if stage.fit.shuffle is False:
            yield Violation(
                RULE.name,
                "shuffle = false gives the same batches in every epoch",
                path=(*stage.path, "shuffle"),
                help="leave shuffle out: Keras mixes the samples before each epoch",
                fix=TreeFix("mix the samples", (remove((*stage.path, "shuffle")),)),
            )


RULE = Rule(
    code="SEQ529",
    name="no-shuffling",
    severity="info",
    requires=Requires(tables=("fit",), arguments=("shuffle",)),
    check=check,
    docs=__doc__,
)
