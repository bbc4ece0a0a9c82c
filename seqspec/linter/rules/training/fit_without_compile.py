"""Training without a `[compile]` table.

What it does: finds a [fit] without [compile].

Why it hurts: Keras refuses to train: "You must call `compile()` before calling `fit()`".

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [fit]
    epochs = 30
    validation_split = 0.2

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    optimizer = "adam"
    loss = "binary_crossentropy"

    [fit]
    epochs = 30
    validation_split = 0.2

Confidence: certain.

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

    if "fit" in facts.tables and "compile" not in facts.spec.tree:
        yield Violation(
            RULE.name,
            "the model is to be trained, but nothing says with which loss and optimizer",
            path=facts.stage_path(0) if len(facts.fit) > 1 else ("fit",),
            anchor="key",
            label="no [compile]",
            help="add [compile] with an optimizer and a loss",
        )


RULE = Rule(
    code="SEQ520",
    name="fit-without-compile",
    severity="error",
    requires=Requires(tables=("fit",), absent=("compile",)),
    check=check,
    docs=__doc__,
)
