"""Training without a `[compile]` table.

What it does: Detects [fit] without [compile].

Why is this bad? Keras raises ValueError: "You must call `compile()` before calling `fit()`".

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

Use instead:
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

from seqspec.core.analysis.facts import Facts
from seqspec.core.diagnostics.snippet import Help, TableName
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    if "fit" in facts.tables and "compile" not in facts.spec.tree:
        yield Violation(
            RULE.name,
            "the model is trained, but no loss or optimizer is specified",
            path=facts.stage_path(0) if len(facts.fit) > 1 else ("fit",),
            anchor="key",
            label=Help("missing ", TableName(("compile",))),
            help=Help("add ", TableName(("compile",)), " with an optimizer and a loss"),
        )


RULE = Rule(
    code="SEQ520",
    name="fit-without-compile",
    severity="error",
    requires=Requires(tables=("fit",), absent=("compile",)),
    check=check,
    docs=__doc__,
)
