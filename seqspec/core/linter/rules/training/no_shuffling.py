"""Training without shuffling.

What it does: Detects shuffle = false in a model without recurrent layers.

Why is this bad? Batches are identical in every epoch, and correlations within a batch, such as the same class in sorted
data, bias the updates.

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

Use instead:
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

Confidence: severity is info: data that is already shuffled loses little.

References:
    NeuraLint, Stack Overflow 55776436; deepmufl, 52566823
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.core.analysis.facts import Facts
from seqspec.core.diagnostics.message import Message
from seqspec.core.diagnostics.snippet import Setting
from seqspec.core.diagnostics.tree_fix import TreeFix, remove
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    if any(entry.role == "recurrent" for entry in facts.flat_layers):
        return
    for stage in facts.stages:
        if stage.fit.shuffle is False:
            yield Violation(
                RULE.name,
                Message(Setting("shuffle", False), " uses the same batches in every epoch"),
                path=(*stage.path, "shuffle"),
                help="remove shuffle: Keras shuffles before each epoch by default",
                fix=TreeFix("shuffle the samples", (remove((*stage.path, "shuffle")),)),
            )


RULE = Rule(
    code="SEQ529",
    name="no-shuffling",
    severity="info",
    requires=Requires(tables=("fit",), arguments=("shuffle",)),
    check=check,
    docs=__doc__,
)
